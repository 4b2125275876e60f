package import Foundation
package import Logging
import Synchronization

/// How an entry of the log is written.
package enum LogFormat: String, Sendable, CaseIterable {
  /// `2026-11-21T15:00:00.000Z info Request method=GET path=/livez`
  case text
  /// An object a line, with `time`, `level`, `message` and one key for each piece of metadata.
  case json
}

/// Writes each entry of the log as one line of printable ASCII.
///
/// Whatever else stands in a message or its metadata is escaped as JSON escapes it, so that nobody
/// can write a line, or move a cursor, but this program.
package struct LogLines: LogHandler {
  package var logLevel: Logger.Level = .info
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  private let format: LogFormat
  private let now: @Sendable () -> Date
  private let write: @Sendable (String) -> Void

  /// `write` takes whole lines, from any thread.
  package init(
    _ format: LogFormat, now: @escaping @Sendable () -> Date = { Date() },
    write: @escaping @Sendable (String) -> Void
  ) {
    self.format = format
    self.now = now
    self.write = write
  }

  /// Lines to standard error, one after another.
  package static func toStandardError() -> @Sendable (String) -> Void {
    let turn = StandardError()
    return { turn.write($0) }
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let provided = metadataProvider?.get() ?? [:]
    let pairs = metadata.merging(provided) { $1 }.merging(event.metadata ?? [:]) { $1 }
      .sorted { $0.key < $1.key }
    let time = now().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    switch format {
    case .text:
      let words =
        [time, event.level.rawValue, LogLines.escaped("\(event.message)")]
        + pairs.map { "\(LogLines.word($0))=\(LogLines.word($1.text))" }
      write(words.joined(separator: " ") + "\n")
    case .json:
      let members =
        [
          "\"time\":\"\(time)\"", "\"level\":\"\(event.level.rawValue)\"",
          "\"message\":\"\(LogLines.escaped("\(event.message)"))\"",
        ] + pairs.map { "\"\(LogLines.escaped($0))\":\($1.json)" }
      write("{\(members.joined(separator: ","))}\n")
    }
  }

  /// As it is where nothing in it could be mistaken, else in quotes.
  private static func word(_ text: String) -> String {
    text.wholeMatch(of: /[A-Za-z0-9._~:\/@+*?&%,;()\-]+/) == nil ? "\"\(escaped(text))\"" : text
  }

  /// Source: RFC 8259 §7.
  static func escaped(_ text: String) -> String {
    text.utf16.reduce(into: "") { line, unit in
      switch unit {
      case 0x22: line += "\\\""
      case 0x5c: line += "\\\\"
      case 0x20...0x7e: line.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      default:
        let digits = String(unit, radix: 16)
        line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
  }
}

/// A length of time in an entry: its seconds, with the microseconds and no more.
package struct Seconds: CustomStringConvertible, Sendable {
  package let description: String

  package init(_ seconds: Double) {
    let microseconds = Int(max(0, min(seconds * 1e6, 1e15)))
    let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
    description = "\(microseconds / 1_000_000).\(fraction)"
  }
}

/// The standard error stream, in which lines do not run into each other.
private final class StandardError: Sendable {
  private let turn = Mutex(())

  /// A stream that is closed costs the line.
  func write(_ line: String) {
    turn.withLock { _ in
      try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }
  }
}

extension Logger.MetadataValue {
  fileprivate var text: String {
    switch self {
    case .string(let text): text
    case .stringConvertible(let value): "\(value)"
    case .array(let values): values.map(\.text).joined(separator: ",")
    case .dictionary(let pairs):
      pairs.sorted { $0.key < $1.key }.map { "\($0)=\($1.text)" }.joined(separator: ",")
    }
  }

  /// Numbers stay numbers.
  fileprivate var json: String {
    if case .stringConvertible(let value) = self, value is Int || value is Seconds {
      return value.description
    }
    return "\"\(LogLines.escaped(text))\""
  }
}
