package import Checkpoints
package import Features
package import Imaging
package import LinearAlgebra

/// A vision transformer and the upsampler that was trained for its last block's vectors.
///
/// Source: FeatUp's `UpsampledBackbone`.
package struct GuidedViT: GuidedEncoder {
  private let encoder: ViT
  private let upsampler: FeatUp

  package init(
    _ weights: Weights, card: ModelCard, _ upsampler: ModelCard.Upsampler
  ) throws(CheckpointError) {
    encoder = try ViT(weights, card: card)
    self.upsampler = try FeatUp(weights["upsampler"], upsampler, dim: card.dim)
  }

  package var card: ModelCard { encoder.card }

  package func operations(for grid: Grid, _ pass: Pass) -> Double {
    encoder.operations(for: grid, pass)
  }

  package func workingMemory(for grid: Grid, _ pass: Pass) -> Double {
    encoder.workingMemory(for: grid, pass)
  }

  package func encode(
    _ image: InputPlanes, views: [View], _ pass: Pass, on workers: Workers, progress: WorkProgress
  ) throws -> [Encoding] {
    try encoder.encode(image, views: views, pass, on: workers, progress: progress)
  }

  package func guided(
    _ map: FeatureMap, by image: InputPlanes, on workers: Workers
  ) -> GuidedMap {
    upsampler.guided(map, by: image, on: workers)
  }
}
