import Synchronization

/// How fast a backend works, learnt from the work that it has done.
package final class ThroughputEstimator: Sendable {
  /// Floating-point operations in a second.
  private let rate: Mutex<Double>

  /// Begins with a guess, which should be a cautious one.
  package init(operationsPerSecond guess: Double) {
    rate = Mutex(guess)
  }

  package func seconds(for operations: Double) -> Double {
    operations / rate.withLock { $0 }
  }

  /// Moves halfway to what was just measured; work too short to tell is left out.
  package func learn(operations: Double, took duration: Duration) {
    let seconds = duration / .seconds(1)
    guard seconds > 0.05, operations > 0 else { return }
    rate.withLock { $0 = ($0 + operations / seconds) / 2 }
  }
}
