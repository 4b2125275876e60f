import Fields
import Imaging

/// A preset's options for a patch size.
///
/// Source: the measurements in the project's design.
struct Preset {
  let stride: Int
  var shifts: [Int] = []
  var flips = FieldRequest.Flips.both
  var upsampling = Upsampling.bilinear
  var alignment = Alignment.patches
  var fit = Canvas.Fit.pad
  var scale = Scale.percentile

  init(_ quality: Quality, patch: Int) {
    switch quality {
    case .draft: stride = patch
    case .standard: stride = Preset.share(0.7, of: patch)
    case .fine: stride = Preset.share(0.36, of: patch)
    case .hrdv2:
      stride = min(4, patch)
      shifts = [1, 2]
      (flips, upsampling, alignment, fit) = (.none, .nearest, .image, .crop)
      scale = .reference
    }
  }

  private static func share(_ share: Double, of patch: Int) -> Int {
    max(1, Int((share * Double(patch)).rounded()))
  }
}
