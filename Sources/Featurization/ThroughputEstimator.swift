import Synchronization

/// How fast this machine works, learnt from the work that it has done.
final class ThroughputEstimator: Sendable {
  /// Floating-point operations in a second.
  private let rate: Mutex<Double>

  /// Begins with a cautious guess for each thread.
  init(threads: Int) {
    rate = Mutex(40e9 * Double(threads))
  }

  func seconds(for operations: Double) -> Double {
    operations / rate.withLock { $0 }
  }

  /// Moves halfway to what was just measured; work too short to tell is left out.
  func learn(operations: Double, took duration: Duration) {
    let seconds = duration / .seconds(1)
    guard seconds > 0.05, operations > 0 else { return }
    rate.withLock { $0 = ($0 + operations / seconds) / 2 }
  }
}
