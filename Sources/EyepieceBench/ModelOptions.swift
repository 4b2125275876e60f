import ArgumentParser
import Checkpoints
import Encoders
import Foundation
import LinearAlgebra
import VisionTransformers

/// The model to time, as command-line flags.
struct ModelOptions: ParsableArguments {
  @Option(help: "File of the model's weights.") var weights = "Weights/dinov2_vits14.safetensors"
  @Option(help: "File of the model cards.") var cards = "Config/models.json"
  @Option(help: "The card's name.") var model = "dinov2_vits14"
  @Option(help: "The numbers that products take: float32, bfloat16 or int8.")
  var precision = Precision.float32

  func encoder() throws -> any CPUModel {
    let list = try JSONDecoder().decode(
      [ModelCard].self, from: Data(contentsOf: URL(fileURLWithPath: cards)))
    guard let card = list.first(where: { $0.name == model }) else {
      throw ValidationError("\(cards) has no card \(model)")
    }
    return try card.model(Weights(try Checkpoint(path: weights)))
  }
}

extension Precision: ExpressibleByArgument {}
