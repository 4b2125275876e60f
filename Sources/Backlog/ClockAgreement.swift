import Files

/// Whether a clock that may be set can be trusted to say that something is old.
///
/// A clock that jumps a year must not delete what was made a minute ago: nothing is deleted unless
/// as much time went by on a monotonic clock, nor for a day after the two disagreed, in which a clock
/// that is wrong can be set right.
package struct ClockAgreement: Sendable {
  /// How much of the time that went by the clocks may differ in.
  package static let tolerance = 0.1

  /// Seconds for which a clock that jumped is not believed.
  package static let patience = 86_400.0

  /// The steady time from which the clock is believed again.
  private var doubted = -Double.infinity
  private var last: (wall: Timestamp, steady: Double)?

  package init() {}

  /// Whether the clocks agree about the time since this was last asked, and did for a day; the first
  /// time they do not.
  package mutating func agree(wall: Timestamp, steady: Double) -> Bool {
    defer { last = (wall, steady) }
    guard let last else { return false }
    let passed = steady - last.steady
    // A millisecond more, by which the clocks are read apart.
    let difference = abs(wall.seconds(since: last.wall) - passed)
    if difference > ClockAgreement.tolerance * passed + 0.001 {
      doubted = steady + ClockAgreement.patience
    }
    return steady >= doubted
  }

  /// Seconds since this machine started.
  @Sendable package static func steady() -> Double {
    let passed = ContinuousClock().now - epoch
    return Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18
  }

  /// An instant of this process from which seconds are counted.
  private static let epoch = ContinuousClock().now
}

extension Timestamp {
  /// The system's time.
  @Sendable package static func current() -> Timestamp {
    Timestamp(milliseconds: FileSystem.now() / 1_000_000)
  }
}
