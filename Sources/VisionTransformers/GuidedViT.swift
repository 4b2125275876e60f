package import Checkpoints
package import Encoders
package import Imaging
package import LinearAlgebra

/// A vision transformer with the upsampler trained for its last block's vectors.
///
/// Source: FeatUp's `UpsampledBackbone`.
package struct GuidedViT: CPUGuidedModel, ViTBased {
  let encoder: ViT
  private let upsampler: FeatUp

  package init(
    _ weights: Weights, card: ModelCard, _ upsampler: ModelCard.Upsampler
  ) throws(CheckpointError) {
    encoder = try ViT(weights, card: card)
    self.upsampler = try FeatUp(weights["upsampler"], upsampler, dim: card.dim)
  }

  package func guided(
    _ map: FeatureMap, by image: InputPlanes, on workers: ThreadPool
  ) -> GuidedMap {
    upsampler.guided(map, by: image, on: workers)
  }
}
