package import Checkpoints
package import Encoders

extension ModelCard {
  /// Reads the model of a card, from weights under its family's names.
  package func model(_ weights: Weights) throws(CheckpointError) -> any CPUModel {
    guard let family = ModelFamily.all[family.rawValue], family.describes(self) else {
      throw .unfitCard(name)
    }
    return try family.load(weights, self)
  }

  /// The tensors that the model's loader requests, in its order; none is read.
  package func tensors() throws(CheckpointError) -> [TensorRequest] {
    try Weights.requests { weights throws(CheckpointError) in _ = try model(weights) }
  }
}
