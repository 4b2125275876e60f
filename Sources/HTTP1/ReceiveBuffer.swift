/// Bytes received and not yet parsed, oldest first.
///
/// Taking from the front moves an index; the space in front is freed when it is half of all, so
/// that every byte is moved a bounded number of times.
struct ReceiveBuffer: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { count == 0 }

  /// Appends bytes; an array that finds the buffer empty is shared, not copied.
  mutating func append(_ more: [UInt8]) {
    if isEmpty {
      bytes = more
      start = 0
    } else {
      reclaim()
      bytes.append(contentsOf: more)
    }
  }

  mutating func append(_ more: ArraySlice<UInt8>) {
    reclaim()
    bytes.append(contentsOf: more)
  }

  mutating func append(_ more: some Sequence<UInt8>) {
    reclaim()
    bytes.append(contentsOf: more)
  }

  mutating func popFirst() -> UInt8? {
    guard start < bytes.count else { return nil }
    let byte = bytes[start]
    start += 1
    if start == bytes.count { clear() }
    return byte
  }

  /// Removes up to `limit` bytes from the front; all of them at once are moved, not copied.
  mutating func take(upTo limit: Int) -> [UInt8] {
    let length = min(limit, count)
    if length == bytes.count {
      defer { clear() }
      return bytes
    }
    let taken = Array(bytes[start..<start + length])
    start += length
    if start == bytes.count { clear() }
    return taken
  }

  private mutating func clear() {
    bytes = []
    start = 0
  }

  private mutating func reclaim() {
    guard start > 0, start >= bytes.count / 2 else { return }
    bytes.removeSubrange(..<start)
    start = 0
  }
}
