import Encoders
import Featurization
import Tensors

/// What the Open Inference Protocol tells of a model.
struct InferenceModel: Encodable {
  /// The only version of a model.
  static let version = "1"

  let name: String
  let versions = [InferenceModel.version]
  let platform = "eyepiece"
  /// The tensors of a request, of which some exclude each other.
  let inputs: [Tensor]
  let outputs: [Tensor]

  /// A tensor's outline; -1 stands for any length.
  struct Tensor: Encodable {
    let name: String
    let datatype: String
    let shape: [Int]

    init(_ name: String, _ type: InferenceType, _ shape: [Int]) {
      (self.name, datatype, self.shape) = (name, type.name, shape)
    }
  }

  init(_ card: ModelCard) {
    name = card.name
    inputs = InferenceModel.inputs(dim: card.dim)
    outputs =
      [
        Tensor("features", .number(.float32), [-1, -1, card.dim]),
        Tensor("pca", .number(.uint8), [-1, -1, 3]),
        Tensor("foreground", .number(.uint8), [-1, -1]),
        Tensor("field", .bytes, [1]),
      ]
      + (card.hasClassToken
        ? [
          Tensor("cls", .number(.float32), [card.dim]),
          Tensor("attention", .number(.float32), [card.heads, -1, -1]),
        ] : [])
  }

  private static func inputs(dim: Int) -> [Tensor] {
    [
      Tensor("image", .bytes, [1]), Tensor("pixels", .number(.uint8), [-1, -1, -1]),
      Tensor("image_name", .bytes, [1]), Tensor("field", .bytes, [1]),
      Tensor("points", .number(.int32), [-1, 2]), Tensor("labels", .number(.uint8), [-1, -1]),
      Tensor("weight", .number(.float32), [-1, dim]), Tensor("bias", .number(.float32), [-1]),
    ]
  }
}
