import Foundation
import Support
import Testing

/// Bytes that a client may send, and what must come back.
///
/// The cases are in `Tests/Fixtures/Requests`, where `bin/torture conformance` reads them too. Each
/// character is one byte. `expect` lists the answers' statuses, `400|501` for either, and what then
/// becomes of the connection: `close`, `wait` for more of a request, or else it stays as it was.
struct RequestCase: Decodable, Sendable {
  let name: String
  let bytes: [UInt8]
  let statuses: [Set<Int>]
  let end: End
  /// What the last answer holds, and does not hold.
  let has: [String]
  let lacks: [String]
  /// Whether 100 may come first when the bytes come in pieces: the body then comes later than the
  /// fields.
  ///
  /// Source: RFC 9110 §10.1.1.
  let hasInterim: Bool

  enum End: String { case close, wait, open }

  private enum Key: CodingKey { case name, send, expect, has, lacks, interim }

  private struct Repeated: Decodable {
    let `repeat`: String
    let times: Int
  }

  private enum Piece: Decodable {
    case once(String)
    case often(Repeated)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let text = try? value.decode(String.self) {
        self = .once(text)
      } else {
        self = .often(try value.decode(Repeated.self))
      }
    }

    var bytes: [UInt8] {
      switch self {
      case .once(let text): text.unicodeScalars.map { UInt8($0.value) }
      case .often(let piece):
        Array(
          repeatElement(piece.repeat.unicodeScalars.map { UInt8($0.value) }, count: piece.times)
            .joined())
      }
    }
  }

  init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: Key.self)
    name = try object.decode(String.self, forKey: .name)
    let one = (try? object.decode(Piece.self, forKey: .send)).map { [$0] }
    bytes = try (one ?? object.decode([Piece].self, forKey: .send)).flatMap(\.bytes)
    var words = try object.decode(String.self, forKey: .expect).split(separator: " ")
    end = words.last.flatMap { End(rawValue: String($0)) } ?? .open
    if end != .open { words.removeLast() }
    statuses = words.map { Set($0.split(separator: "|").compactMap { Int($0) }) }
    has = try object.decodeIfPresent([String].self, forKey: .has) ?? []
    lacks = try object.decodeIfPresent([String].self, forKey: .lacks) ?? []
    hasInterim = try object.decodeIfPresent(Bool.self, forKey: .interim) ?? false
  }

  static let files = [
    "start-line", "fields", "length", "transfer-coding", "chunks", "semantics", "multipart",
  ]

  static func all(in file: String) throws -> [RequestCase] {
    let path = packageFolder.appending(path: "Tests/Fixtures/Requests/\(file).json")
    return try JSONDecoder().decode([RequestCase].self, from: Data(contentsOf: path))
  }

  /// What follows on the same connection: whether it is still in step.
  static let probe = Array(
    "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

  /// Sends the bytes behind `prefix`, in pieces of so many bytes, and checks all that comes back.
  func check(port: Int, behind prefix: [UInt8] = [], piece: Int = .max, _ manner: String) throws {
    let client = try RawClient(port: port)
    let all = prefix + bytes + (end == .open ? Self.probe : [])
    for start in stride(from: 0, to: all.count, by: piece) {
      try client.send(Array(all[start..<min(all.count, start + min(piece, all.count))]))
    }
    if end == .wait { client.endOutput() }
    let isHead = bytes.starts(with: Array("HEAD ".utf8))
    var answers = RawAnswer.all(
      in: try client.receiveAll(), headless: isHead ? [prefix.isEmpty ? 0 : 1] : [])
    if !prefix.isEmpty { #expect(answers.popFirst()?.status == 200, "\(name), \(manner)") }
    if end == .open { #expect(answers.popLast()?.status == 200, "\(name), \(manner)") }
    if hasInterim, piece < all.count, answers.first?.status == 100 { answers.removeFirst() }
    let isExpected =
      answers.count == statuses.count
      && zip(answers, statuses).allSatisfy { $1.contains($0.status) }
    #expect(isExpected, "\(name), \(manner): \(answers.map(\.status))")
    guard let last = answers.last else { return }
    for text in has { #expect(last.text.contains(text), "\(name), \(manner): \(last.text)") }
    for text in lacks { #expect(!last.text.contains(text), "\(name), \(manner): \(last.text)") }
    if end == .close {
      #expect(last.text.contains("Connection: close\r\n"), "\(name), \(manner): \(last.text)")
    }
  }
}

/// One answer among the bytes that a server sent.
struct RawAnswer {
  let status: Int
  /// All of it.
  let text: String

  /// The answers in a whole conversation; those numbered in `headless` have no body.
  static func all(in bytes: [UInt8], headless: Set<Int>) -> ArraySlice<RawAnswer> {
    var answers: [RawAnswer] = []
    var rest = bytes[...]
    while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
      let head = String(decoding: rest[..<end.upperBound], as: UTF8.self)
      let status = Int(head.dropFirst(9).prefix(3)) ?? 0
      let length = head.firstMatch(of: /\r\nContent-Length: (\d+)\r\n/).flatMap { Int($0.1) } ?? 0
      let hasBody = !headless.contains(answers.count) && status != 304
      let last = min(rest.endIndex, end.upperBound + (hasBody ? length : 0))
      answers.append(
        RawAnswer(status: status, text: String(decoding: rest[..<last], as: UTF8.self)))
      rest = rest[last...]
    }
    if !rest.isEmpty { answers.append(RawAnswer(status: 0, text: "bytes that are no answer")) }
    return answers[...]
  }
}
