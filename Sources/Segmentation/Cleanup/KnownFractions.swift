import Foundation
import LinearAlgebra

/// Phase fractions that are known beforehand, such as from a recipe, made to hold on the average.
///
/// A constant is added to each class's score so that the mean of its probability is its fraction:
/// for one class after the other by its ratio, until none is off by more than 1e-5.
package struct KnownFractions: Sendable, Hashable {
  /// The fraction of each class, by its id; they add up to one.
  package let fractions: [UInt8: Double]

  /// Checks that fractions lie between 0 and 1, both left out, and add up to one within 1e-6.
  package init(_ fractions: [UInt8: Double]) throws(SegmentationError) {
    let sum = fractions.values.reduce(0, +)
    guard fractions.count > 1, fractions.values.allSatisfy({ $0 > 0 && $0 < 1 }),
      abs(sum - 1) <= 1e-6
    else { throw .badClasses(reason: "known fractions lie between 0 and 1 and add up to 1") }
    self.fractions = fractions
  }

  /// The constants, one for each of the scores' classes, whose ids must be those of the fractions.
  ///
  /// They are found at 65,536 pixels spread over the picture, or at all of fewer.
  package func constants(for scores: Scores) throws(SegmentationError) -> [Float] {
    guard Set(scores.ids) == Set(fractions.keys) else {
      throw .badClasses(reason: "known fractions are of other classes than the scores")
    }
    let wanted = scores.ids.map { fractions[$0] ?? 0 }
    let step = max(1, scores.planes.columns / KnownFractions.sampled)
    let pixels = stride(from: step / 2, to: scores.planes.columns, by: step)
    let samples = scores.ids.indices.map { k in pixels.map { scores.planes[k, $0] } }
    var constants = [Double](repeating: 0, count: wanted.count)
    for _ in 0..<KnownFractions.rounds {
      let means = KnownFractions.means(samples, constants)
      let isNear = means.indices.allSatisfy { abs(means[$0] - wanted[$0]) <= 1e-5 }
      guard !isNear else { break }
      for k in means.indices { constants[k] += log(wanted[k] / max(means[k], 1e-12)) }
    }
    let mean = constants.reduce(0, +) / Double(constants.count)
    return constants.map { Float($0 - mean) }
  }

  private static let sampled = 1 << 16
  private static let rounds = 200

  private static func means(_ samples: [[Float]], _ constants: [Double]) -> [Double] {
    let count = samples[0].count
    var sums = [Double](repeating: 0, count: samples.count)
    var e = sums
    for pixel in 0..<count {
      var most = -Double.infinity
      for k in e.indices {
        e[k] = Double(samples[k][pixel]) + constants[k]
        most = max(most, e[k])
      }
      var sum = 0.0
      for k in e.indices {
        e[k] = exp(e[k] - most)
        sum += e[k]
      }
      for k in e.indices { sums[k] += e[k] / sum }
    }
    return sums.map { $0 / Double(count) }
  }
}
