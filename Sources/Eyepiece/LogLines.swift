import Files
package import Foundation
package import Logging

/// How an entry of the log is written.
package enum LogFormat: String, Sendable, CaseIterable {
  /// `2026-11-21T15:00:00.000Z info Request method=GET path=/livez`
  case text
  /// An object a line, with `time`, `level`, `message` and one key for each piece of metadata.
  case json
}

/// Writes each entry of the log as one line of printable ASCII.
///
/// All other characters of a message or its metadata are escaped as JSON escapes them, so that only
/// this program writes lines or moves a cursor.
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

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let provided = metadataProvider?.get() ?? [:]
    let all = metadata.merging(provided) { $1 }.merging(event.metadata ?? [:]) { $1 }
    write(LogLines.line(format, at: now(), event.level, "\(event.message)", all))
  }

  /// An entry with its end; the metadata in the order of its keys.
  package static func line(
    _ format: LogFormat, at time: Date, _ level: Logger.Level, _ message: String,
    _ metadata: Logger.Metadata
  ) -> String {
    let time = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let pairs = metadata.sorted { $0.key < $1.key }
    switch format {
    case .text:
      let words =
        [time, level.rawValue, escaped(message)]
        + pairs.map { "\(word($0))=\(word($1.text))" }
      return words.joined(separator: " ") + "\n"
    case .json:
      let members =
        [
          "\"time\":\"\(time)\"", "\"level\":\"\(level.rawValue)\"",
          "\"message\":\"\(escaped(message))\"",
        ] + pairs.map { "\"\(escaped($0))\":\($1.json)" }
      return "{\(members.joined(separator: ","))}\n"
    }
  }

  /// As it is where nothing in it could be mistaken, else in quotes.
  private static func word(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { harmless[Int($0)] }
    return isPlain ? text : "\"\(escaped(text))\""
  }

  /// For each byte, whether it is a letter, a digit, or a mark that begins and ends nothing.
  private static let harmless: [Bool] = (0...UInt8.max).map { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "._~:/@+*?&%,;()-".utf8.contains(byte)
    }
  }

  private static func escaped(_ text: String) -> String { text.jsonEscaped(asASCII: true) }
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
    return "\"\(text.jsonEscaped(asASCII: true))\""
  }
}
