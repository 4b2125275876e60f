import Features
import Imaging
import LinearAlgebra

/// A model whose features are those of the vision transformer in it.
protocol ViTBased: Encoder {
  var encoder: ViT { get }
}

extension ViTBased {
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
}
