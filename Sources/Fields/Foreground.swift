package import Imaging
package import LinearAlgebra

/// The foreground of an image: the side of the first principal component with higher local entropy.
///
/// Pixels whose score is above 0 are one side, all others the other. The foreground is the side
/// with the higher mean of the local entropy; a side without pixels has mean 0, and of equal sides
/// it is the one above 0. Dividing each pixel's scores by their length, as HR-Dv2 does first, would
/// change no sign.
///
/// Source: HR-Dv2's `get_best_mask`, its complement taken as logical, as was meant.
package struct Foreground: Sendable {
  package enum Side: String, Sendable, Hashable { case above, below }

  /// 1 in the foreground, else 0, `[height · width]`.
  package let mask: [UInt8]
  /// The side of 0 on which the foreground's scores are.
  package let side: Side

  /// Computes it from a field whose first dimension is the score, and the entropy of its image.
  package init(of scores: FeatureField, entropy: LocalEntropy, workers: ThreadPool? = nil) {
    precondition(entropy.size == scores.shown, "entropy of \(entropy.size) for \(scores.shown)")
    let dim = scores.dim
    let above = scores.strips(workers) { _, pixels in
      let values = pixels.values
      return stride(from: 0, to: values.count, by: dim).map { UInt8(values[$0] > 0 ? 1 : 0) }
    }.flatMap { $0 }
    var sums = (above: 0.0, below: 0.0)
    var count = 0
    for (isAbove, value) in zip(above, entropy.values) {
      if isAbove == 1 {
        sums.above += Double(value)
        count += 1
      } else {
        sums.below += Double(value)
      }
    }
    let rest = above.count - count
    // The mean local entropy of the side above 0, and of the other.
    let means = (
      above: count > 0 ? sums.above / Double(count) : 0,
      below: rest > 0 ? sums.below / Double(rest) : 0
    )
    side = means.above >= means.below ? .above : .below
    mask = side == .above ? above : above.map { 1 - $0 }
  }
}
