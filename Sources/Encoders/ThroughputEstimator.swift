import Synchronization

/// A backend's speed, estimated from the work that it has done.
package final class ThroughputEstimator: Sendable {
  /// Floating-point operations per second.
  private let rate: Mutex<Double>

  /// Begins with a guess, which should be low.
  package init(operationsPerSecond guess: Double) {
    rate = Mutex(guess)
  }

  package func seconds(for operations: Double) -> Double {
    operations / rate.withLock { $0 }
  }

  /// Moves halfway to a new measurement; work too short to measure is ignored.
  package func learn(operations: Double, took duration: Duration) {
    let seconds = duration / .seconds(1)
    guard seconds > 0.05, operations > 0 else { return }
    rate.withLock { $0 = ($0 + operations / seconds) / 2 }
  }
}
