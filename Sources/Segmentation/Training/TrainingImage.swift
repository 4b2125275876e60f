package import Fields
import Imaging

/// One image with its labels, and what features are made of.
package struct TrainingImage: Sendable {
  /// What tells it from others: the digest of its field, or of its picture.
  package let key: String
  /// Fields of the image side by side, such as several layers of one pass; none for classical
  /// features alone.
  package let deep: [FeatureField]
  /// Dimensions of the parts of the fields' vectors, in order: of the fields themselves, or of the
  /// layers that lie side by side in one.
  package let parts: [Int]
  package let grey: GreyPicture?
  package let labels: LabelImage
  /// The side of a patch's own square of pixels, for weights by patch: the field's stride.
  package let cell: Int

  package init(
    key: String, deep: [FeatureField], parts: [Int]? = nil, grey: GreyPicture?,
    labels: LabelImage, cell: Int
  ) {
    precondition(cell > 0, "cells of \(cell)")
    (self.key, self.deep, self.grey, self.labels, self.cell) = (key, deep, grey, labels, cell)
    self.parts = parts ?? deep.map(\.dim)
    precondition(self.parts.reduce(0, +) == deepDim, "parts of \(self.parts) in \(deepDim)")
  }

  var deepDim: Int { deep.reduce(0) { $0 + $1.dim } }

  /// The labels' size must be that of the fields and of the picture.
  func check(for set: FeatureSet) throws(SegmentationError) {
    if set.isDeep {
      guard !deep.isEmpty else { throw .missing(.deep) }
      for field in deep { try check(field.shown) }
    }
    if set.classical != nil {
      guard let grey else { throw .missing(.classical) }
      try check(grey.size)
    }
  }

  private func check(_ size: Size) throws(SegmentationError) {
    guard labels.size == size else { throw .labelSize(found: labels.size, expected: size) }
  }
}
