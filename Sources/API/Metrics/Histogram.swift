/// Counts of values in buckets, and their sum.
package struct Histogram: Sendable, Hashable {
  /// Upper bounds of the buckets, ascending and inclusive.
  package let bounds: [Double]
  /// The number of values in each bucket; the last is for values above all bounds.
  package private(set) var counts: [Int]
  package private(set) var sum = 0.0

  package init(bounds: [Double]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "\(bounds)")
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// Buckets for durations from a millisecond to an hour, in seconds.
  package static let seconds = Histogram(bounds: [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000,
  ])

  package var count: Int { counts.reduce(0, +) }

  package mutating func note(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  package mutating func note(_ duration: Duration) {
    note(duration / .seconds(1))
  }
}
