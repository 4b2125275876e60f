package import Encoders
import LinearAlgebra
package import Rendering

/// `output=logits`: the model's own classification of the whole image.
package struct ClassLogitsOutput: Output {
  package let dtype: FloatFormat
  /// The number of classes in JSON, largest logit first; `nil` for all.
  package let top: Int?
  package var kind: OutputKind { .classLogits }

  /// The default number of classes in JSON.
  private static let usualTop = 5

  init(_ options: OutputOptions) throws(ParameterError) {
    let classes = max(options.card.head?.classes ?? 1, 1)
    dtype = try options.given.choice(.dtype, .float32)
    let given = try options.given.number(.top, in: 1...classes)
    top = options.format == .json ? given ?? Self.usualTop : nil
  }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    field.ofWholeModel(card).identityAlone
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let logits = try await query.image().encoded.logits
    return Rendering(bytes: Footprint.Bytes(making: 64 * logits.count)) {
      encoder throws(FeaturizationError) in
      guard encoder.request.format == .json else {
        let row = Matrix(rows: 1, columns: logits.count, logits)
        return encoder.array([row.columns], ChunkedArray(dtype.bytes(of: row.all)), dtype.element)
      }
      let answer = Classification(logits, top: top ?? logits.count)
      return encoder.document(answer, shape: [answer.top.count])
    }
  }
}

/// A classification as clients read it.
private struct Classification: Encodable {
  struct Rank: Encodable {
    /// The class's index in the model's list, from 0.
    let index: Int
    let logit: Float
    /// The class's softmax probability over all classes.
    let probability: Float
  }

  let classes: Int
  /// The most probable classes, in descending order; ties are in the list's order.
  let top: [Rank]

  init(_ logits: [Float], top count: Int) {
    let softmax = MutableMatrix(rows: 1, columns: logits.count, logits)
    RowKernels.current.softmax(softmax.all)
    let order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    classes = logits.count
    top = order.prefix(count).map {
      Rank(index: $0, logit: logits[$0], probability: softmax[0, $0])
    }
  }
}

extension FieldRequest {
  /// The request with all blocks and a stride of one patch.
  func ofWholeModel(_ card: ModelCard) -> FieldRequest {
    var field = self
    field.encodeOptions = EncodeOptions(
      stride: card.cell(of: card.depth - 1), block: card.depth - 1,
      precision: field.encodeOptions.precision)
    return field
  }
}

extension OutputKind {
  package static let classLogits = OutputKind(
    "logits", id: "class-logits", formats: [.json] + FeatureRequest.Format.arrays,
    parameters: [.dtype, .top], ability: .classifier, isOfWholeModel: true
  ) { options throws(ParameterError) in
    try ClassLogitsOutput(options)
  }
}
