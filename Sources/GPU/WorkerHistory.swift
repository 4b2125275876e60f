/// How often the process of a card has died of late: a card on which it dies again and again is left
/// alone.
package struct WorkerHistory: Sendable, Hashable {
  /// So many deaths in so many seconds are the last.
  package static let mostDeaths = 3
  package static let seconds = 600.0

  private var deaths: [Double] = []
  /// Whether no process is to be started any more.
  package private(set) var isOver = false

  package init() {}

  /// Notes a death at an instant in seconds.
  package mutating func noteDeath(at now: Double) {
    deaths.removeAll { now - $0 > WorkerHistory.seconds }
    deaths.append(now)
    isOver = isOver || deaths.count >= WorkerHistory.mostDeaths
  }
}
