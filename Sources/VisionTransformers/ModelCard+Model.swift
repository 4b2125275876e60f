package import Checkpoints
package import Encoders

extension ModelCard {
  /// Reads the model of a card, from weights under its family's names.
  package func model(_ weights: Weights) throws(CheckpointError) -> any CPUModel {
    if let upsampler { return try GuidedViT(weights, card: self, upsampler) }
    return switch family {
    case .vit, .deit, .dino, .dinov2, .dinov3: try ViT(weights, card: self)
    case .mae: try MAE(weights, card: self)
    case .hiera: try Hiera(weights, card: self)
    case .sam: try SAM(weights, card: self)
    }
  }
}
