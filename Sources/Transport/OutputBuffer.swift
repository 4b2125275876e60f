/// Bytes to be sent, as the arrays they came in: nothing is copied.
package struct OutputBuffer: Sendable {
  private var arrays: [[UInt8]] = []
  /// The index of the first array that has not been sent.
  private var first = 0
  /// The number of bytes of that array that have been sent.
  private var offset = 0
  package private(set) var count = 0

  package init() {}

  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    arrays.append(bytes)
    count += bytes.count
  }

  /// The array to send from next, and the offset in it.
  package var front: (bytes: [UInt8], offset: Int)? {
    first < arrays.count ? (arrays[first], offset) : nil
  }

  /// Drops bytes of the first array that have been sent.
  package mutating func drop(_ sent: Int) {
    precondition(first < arrays.count && sent <= arrays[first].count - offset)
    count -= sent
    offset += sent
    guard offset == arrays[first].count else { return }
    arrays[first] = []
    first += 1
    offset = 0
    if first == arrays.count || first >= 64 {
      arrays.removeFirst(first)
      first = 0
    }
  }
}
