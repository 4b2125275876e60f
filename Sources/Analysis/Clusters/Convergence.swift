import Foundation

/// How far iterations are whose number is not known beforehand.
///
/// The centroids' moves and the pixels' changes shrink about geometrically until one is as small as
/// what ends them, so that their logarithms tell the way.
struct Convergence {
  private let iterations: Int
  private let least: (moves: Double, changes: Double)
  private var first: (moves: Double, changes: Double)?
  /// 0…1; it never goes back.
  private(set) var share = 0.0

  /// Creates it for iterations that end after a number, or with squared moves or changes as small
  /// as these.
  init(iterations: Int, moves: Double, changes: Double) {
    self.iterations = iterations
    least = (max(moves, .leastNormalMagnitude), max(changes, 1))
  }

  mutating func pass(_ iteration: Int, moves: Double, changes: Int) {
    let now = (moves: max(moves, least.moves), changes: max(Double(changes), least.changes))
    let first = first ?? now
    self.first = first
    func way(_ start: Double, _ now: Double, _ end: Double) -> Double {
      start > end ? log(start / now) / log(start / end) : 0
    }
    share = max(
      share, Double(iteration) / Double(iterations), way(first.moves, now.moves, least.moves),
      way(first.changes, now.changes, least.changes))
  }
}
