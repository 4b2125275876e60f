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

  /// What the model's loader asks for, in its order; nothing is read.
  package func tensors() throws(CheckpointError) -> [TensorRequest] {
    try Weights.requests { weights throws(CheckpointError) in _ = try model(weights) }
  }
}
