import Encoders
import Imaging
import LinearAlgebra

/// A model with the features of the vision transformer inside.
protocol ViTBased: CPUModel {
  var encoder: ViT { get }
}

extension ViTBased {
  package var card: ModelCard { encoder.card }

  package func operations(for grid: Grid, _ options: EncodeOptions) -> Double {
    encoder.operations(for: grid, options)
  }

  package func workingMemory(for grid: Grid, _ options: EncodeOptions) -> Double {
    encoder.workingMemory(for: grid, options)
  }

  package func encode(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, on workers: ThreadPool,
    progress: WorkProgress
  ) throws -> [Encoding] {
    try encoder.encode(image, views: views, options, on: workers, progress: progress)
  }
}
