import Files

/// Whether a clock that may be set can be trusted to say that something is old.
///
/// A clock that jumps a year must not delete what was made a minute ago: nothing is deleted unless
/// as much time went by on a monotonic clock.
package struct ClockAgreement: Sendable {
  /// How much of the time that went by the clocks may differ in.
  package static let tolerance = 0.1

  private var last: (wall: Timestamp, steady: Double)?

  package init() {}

  /// Whether the clocks agree about the time since this was last asked; the first time they do not.
  package mutating func agree(wall: Timestamp, steady: Double) -> Bool {
    defer { last = (wall, steady) }
    guard let last else { return false }
    let passed = steady - last.steady
    // A millisecond more, by which the clocks are read apart.
    return abs(wall.seconds(since: last.wall) - passed) <= ClockAgreement.tolerance * passed + 0.001
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
