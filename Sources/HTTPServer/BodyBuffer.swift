/// A request body while it arrives: its memory follows what was sent, never what was promised.
package struct BodyBuffer: ~Copyable {
  package private(set) var bytes: [UInt8] = []
  private let memory: BodyMemory
  /// Bytes taken from `memory`, at least `bytes.count`.
  private var taken = 0

  /// The least that is set aside at once.
  package static let step = 16 * 1024

  package init(in memory: BodyMemory) {
    self.memory = memory
  }

  deinit {
    memory.give(taken)
  }

  /// Adds bytes, doubling the room as needed but not beyond `limit`; false when memory is short.
  package mutating func append(_ more: [UInt8], limit: Int) -> Bool {
    let (needed, overflows) = bytes.count.addingReportingOverflow(more.count)
    guard !overflows else { return false }
    if needed > taken {
      let doubled = max(taken.multipliedReportingOverflow(by: 2).partialValue, Self.step)
      let room = max(needed, min(doubled, limit))
      guard memory.take(room - taken) else { return false }
      taken = room
      bytes.reserveCapacity(room)
    }
    bytes.append(contentsOf: more)
    return true
  }

  /// Forgets the bytes, and gives their memory back.
  package mutating func empty() {
    memory.give(taken)
    taken = 0
    bytes = []
  }

  /// Hands the bytes over; their memory stays taken until `empty`.
  package mutating func release() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}
