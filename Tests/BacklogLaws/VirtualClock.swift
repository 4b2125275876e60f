package import Backlog
import Support
import Synchronization

/// A time that moves only when it is told to, for a backlog and all who use it.
package final class VirtualClock: Sendable {
  private let time = Mutex(Timestamp(milliseconds: 1_800_000_000_000))

  package init() {}

  package var now: Timestamp { time.withLock { $0 } }

  package func set(_ now: Timestamp) { time.withLock { $0 = now } }

  package func advance(by seconds: Double) { time.withLock { $0 = $0.advanced(by: seconds) } }

  /// The same time as a clock that nobody sets has it.
  package var steady: Double { Double(now.milliseconds) / 1000 }
}

/// Bytes that look random and are the same in every run.
package final class SeededBytes: Sendable {
  private let numbers: Mutex<SeededNumbers>

  package init(seed: Int) { numbers = Mutex(SeededNumbers(seed: seed)) }

  package func callAsFunction(_ count: Int) -> [UInt8] {
    numbers.withLock { numbers in (0..<count).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
    }
  }
}
