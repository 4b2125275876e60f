package import Encoders
import LinearAlgebra
package import Rendering

/// `output=logits`: what the model's own classifier makes of the whole image.
package struct ClassLogitsOutput: Output {
  package let dtype: FloatFormat
  /// Of JSON, how many classes are told, the largest logit first.
  package let top: Int?
  package var kind: OutputKind { .classLogits }

  /// Classes that are told where a client does not say.
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
    return Rendering(bytes: 64 * logits.count) { encoder throws(FeaturizationError) in
      guard encoder.request.format == .json else {
        let row = Matrix(rows: 1, columns: logits.count, logits)
        return encoder.array([row.columns], ChunkedArray(dtype.bytes(of: row)), dtype.element)
      }
      let answer = Classification(logits, top: top ?? logits.count)
      return encoder.document(answer, shape: [answer.top.count])
    }
  }
}

/// What a model's own head says of an image, as a client reads it.
private struct Classification: Encodable {
  struct Rank: Encodable {
    /// Its number in the model's list of classes, from 0.
    let index: Int
    let logit: Float
    /// Its part of the softmax over all classes.
    let probability: Float
  }

  let classes: Int
  /// The likeliest first; of equal ones that which comes first in the list.
  let top: [Rank]

  init(_ logits: [Float], top count: Int) {
    let softmax = Matrix(rows: 1, columns: logits.count, logits)
    RowKernels.current.softmax(softmax.all)
    let order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    classes = logits.count
    top = order.prefix(count).map {
      Rank(index: $0, logit: logits[$0], probability: softmax[0, $0])
    }
  }
}

extension FieldRequest {
  /// All blocks over patches that lie side by side.
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
