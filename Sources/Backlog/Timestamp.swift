/// A time as a backlog's clock has it, in milliseconds since 1970.
package struct Timestamp: Hashable, Comparable, Sendable {
  package var milliseconds: Int

  package init(milliseconds: Int) { self.milliseconds = milliseconds }

  package static func < (one: Timestamp, other: Timestamp) -> Bool {
    one.milliseconds < other.milliseconds
  }

  /// A later time; one that no clock reaches stays at the last.
  package func advanced(by seconds: Double) -> Timestamp {
    let change = Int(exactly: (seconds * 1000).rounded()) ?? (seconds < 0 ? .min : .max)
    let (sum, isTooLarge) = milliseconds.addingReportingOverflow(change)
    return Timestamp(milliseconds: isTooLarge ? (change < 0 ? .min : .max) : sum)
  }

  /// Seconds from another time until this one.
  package func seconds(since other: Timestamp) -> Double {
    Double(milliseconds) / 1000 - Double(other.milliseconds) / 1000
  }
}
