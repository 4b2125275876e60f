import Dispatch
package import Foundation
import Synchronization

/// Lines on their way to the log's reader.
///
/// A caller never waits for the reader: lines wait here, at most `limit` bytes of them beside
/// those that are being written. Further ones are lost, and their number is told once there is
/// room.
package final class LogWriter: Sendable {
  /// Bytes of lines that wait.
  package static let limit = 1 << 20

  private struct State {
    var waiting: [UInt8] = []
    var lost = 0
    var isWriting = false
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "eyepiece.log")
  private let put: @Sendable (Data) -> Void
  private let line: @Sendable (Int) -> String

  /// `line` tells how many lines were lost; `put` may wait, and is not called twice at a time.
  package init(
    whenLost line: @escaping @Sendable (Int) -> String,
    put: @escaping @Sendable (Data) -> Void = LogWriter.putToStandardError
  ) {
    self.line = line
    self.put = put
  }

  /// A stream that is closed costs the lines.
  package static func putToStandardError(_ lines: Data) {
    try? FileHandle.standardError.write(contentsOf: lines)
  }

  /// Takes a whole line, from any thread.
  package func write(_ line: String) {
    let begins = state.withLock { state in
      guard state.waiting.count + line.utf8.count <= LogWriter.limit else {
        state.lost += 1
        return false
      }
      state.waiting.append(contentsOf: line.utf8)
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if begins { queue.async { self.writeAll() } }
  }

  /// Returns when all lines so far have been written, or the reader has had its time.
  package func flush(within seconds: Double = 1) {
    let end = DispatchSemaphore(value: 0)
    queue.async { end.signal() }
    _ = end.wait(timeout: .now() + seconds)
  }

  private func writeAll() {
    while let lines = next() { put(lines) }
  }

  /// What waits, with a word about what was lost behind it; `nil` when that is nothing.
  private func next() -> Data? {
    let (lines, lost) = state.withLock { state in
      defer { (state.waiting, state.lost) = ([], 0) }
      state.isWriting = !state.waiting.isEmpty || state.lost > 0
      return (state.waiting, state.lost)
    }
    guard !lines.isEmpty || lost > 0 else { return nil }
    return Data(lost > 0 ? lines + Array(line(lost).utf8) : lines)
  }
}
