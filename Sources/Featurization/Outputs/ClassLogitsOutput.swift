package import Encoders
package import Files
import LinearAlgebra
package import Rendering
import Segmentation

/// `output=logits`: the class of the whole image, as the model's own head or a kept classifier tells
/// it.
package struct ClassLogitsOutput: Output {
  package let dtype: FloatFormat
  /// The number of classes in JSON, largest logit first; `nil` for all.
  package let top: Int?
  /// The classifier that was kept; `nil` for the model's head.
  package let classifier: Digest?
  package var kind: OutputKind { .classLogits }

  /// The default number of classes in JSON.
  private static let usualTop = 5

  init(_ options: OutputOptions) throws(ParameterError) {
    classifier = try options.given.value(.classifier) { Digest(hex: $0) }
    if classifier == nil { try options.card.require(.classifier) }
    let classes =
      classifier == nil ? max(options.card.head?.classes ?? 1, 1) : LabelClass.mostClasses
    dtype = try options.given.choice(.dtype, .float32)
    let given = try options.given.number(.top, in: 1...classes)
    top = options.format == .json ? given ?? Self.usualTop : nil
  }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    (classifier == nil ? field.ofWholeModel(card) : field).identityAlone
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let (logits, names) = try await found(query)
    return Rendering(bytes: Footprint.Bytes(making: 64 * logits.count)) {
      encoder throws(FeaturizationError) in
      guard encoder.request.format == .json else {
        let row = Matrix(rows: 1, columns: logits.count, logits)
        return encoder.array([row.columns], ChunkedArray(dtype.bytes(of: row.all)), dtype.element)
      }
      let answer = Classification(logits, names: names, top: top ?? logits.count)
      var rendered = encoder.document(answer, shape: [answer.top.count])
      rendered.classifier = classifier
      return rendered
    }
  }

  /// The logits, and the classes' names where they are known.
  private func found(_ query: Query) async throws -> (logits: [Float], names: [String]?) {
    if let classifier {
      let found = try await query.imageLogits(by: classifier)
      return (found.logits, found.names)
    }
    let card = query.service.fields.models.card(named: query.record.request.model)
    return (try await query.image().encoded.logits, card?.head?.names)
  }
}

/// A classification as clients read it.
private struct Classification: Encodable {
  struct Rank: Encodable {
    /// The class's index in the model's list, from 0.
    let index: Int
    /// `nil` where the model's classes have no names here.
    let name: String?
    let logit: Float
    /// The class's softmax probability over all classes.
    let probability: Float
  }

  let classes: Int
  /// The most probable classes, in descending order; ties are in the list's order.
  let top: [Rank]

  init(_ logits: [Float], names: [String]?, top count: Int) {
    let softmax = MutableMatrix(rows: 1, columns: logits.count, logits)
    RowKernels.current.softmax(softmax.all)
    let order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    classes = logits.count
    top = order.prefix(count).map {
      Rank(index: $0, name: names?[$0], logit: logits[$0], probability: softmax[0, $0])
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
    parameters: [.dtype, .top, .classifier], isOfWholeModel: true
  ) { options throws(ParameterError) in
    try ClassLogitsOutput(options)
  }
}
