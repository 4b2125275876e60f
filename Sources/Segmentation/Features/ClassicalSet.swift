import LinearAlgebra

/// Which classical features, by name and version.
package enum ClassicalSet: String, Sendable, Hashable, Codable, CaseIterable {
  /// Grey value, Sobel and the Hessian's five invariants at σ 0, 1, 2, 4, 8 and 16.
  case scales42 = "scales42/1"
  /// These, differences of Gaussians, and membrane projections: HR-Dv2's set after Weka's.
  case weka58 = "weka58/1"

  package var channels: Int {
    switch self {
    case .scales42: PictureKernels.scaleChannels
    case .weka58: PictureKernels.allChannels
    }
  }
}
