extension FeatureRequest.Output {
  private typealias Format = FeatureRequest.Format

  /// The formats that an output comes in, the usual one first.
  package var formats: [FeatureRequest.Format] {
    let arrays: [Format] = [.npy, .npz, .safetensors, .raw]
    return switch self {
    case .features, .logits, .probabilities: arrays + [.tiff]
    case .pca: [.png] + arrays + [.tiff]
    case .attention: arrays + [.tiff, .png]
    case .similarity: arrays + [.tiff, .png]
    case .labels: [.png] + arrays
    case .cls: arrays
    case .foreground: [.png]
    }
  }

  /// Parameters that only some outputs have.
  static let particular: [Parameter] = [
    .grid, .attention, .components, .basis, .normalise, .region, .points, .dtype,
  ]

  /// Those of them that this output has.
  var parameters: Set<Parameter> {
    switch self {
    case .features, .pca:
      [.grid, .components, .basis, .normalise, .region, .points, .dtype]
    case .attention: [.grid, .attention, .normalise, .region, .points, .dtype]
    case .cls: [.normalise, .dtype]
    case .foreground: [.region]
    case .logits, .probabilities: [.grid, .region, .points, .dtype]
    case .labels: [.grid, .region, .points]
    case .similarity: [.points, .dtype]
    }
  }

  /// Those that make no sense with a format, in the order in which they are refused.
  func parameters(without format: FeatureRequest.Format) -> [Parameter] {
    let excluded: [Parameter] =
      switch format {
      case .png: [.dtype, .normalise, .components, .points]
      case .tiff: [.points]
      case .npy, .npz, .safetensors, .raw: []
      }
    // The points of a similarity are what it is to, not where it is read.
    return self == .similarity ? excluded.filter { $0 != .points } : excluded
  }
}
