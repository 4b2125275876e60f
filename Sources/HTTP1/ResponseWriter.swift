import HTTPTypes

/// Encodes the head of an answer as bytes with a single reading.
///
/// This type sets framing, `Connection` and `Date`: a handler's fields of these names are dropped.
/// A control character in a name, a value or a reason cannot end a line: see `append(text:)`.
/// Source: RFC 9112 §4, §6; RFC 9110 §6.4.1.
package struct ResponseWriter: Sendable, Hashable {
  /// The interim answer that makes a waiting client send its body.
  ///
  /// Source: RFC 9110 §15.2.1.
  package static let `continue` = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  private static let own: Set<String> = [
    "connection", "content-length", "date", "keep-alive", "proxy-connection", "trailer",
    "transfer-encoding", "upgrade",
  ]

  private let method: HTTPRequest.Method?
  private let version: HTTPVersion

  private let keepsAlive: Bool

  /// Answers a request, or with `nil` invalid bytes, after which the connection is closed.
  package init(answering request: RequestHead?, keepsAlive: Bool = true) {
    method = request?.method
    version = request?.version ?? .http11
    self.keepsAlive = keepsAlive && request?.keepsAlive ?? false
  }

  /// Whether the connection can carry another request after an answer.
  package func keepsAlive(after response: Response) -> Bool {
    keepsAlive && declared(response) != .untilClose
  }

  /// How the body of a response is sent: not at all after `HEAD`, and with 204, 205 and 304.
  package func framing(of response: Response) -> ResponseFraming {
    let mayHaveBody = Self.mayHaveBody(Self.code(of: response.status))
    return method != .head && mayHaveBody ? declared(response) : .none
  }

  /// The status line, the fields and the empty line.
  package func head(of response: Response, at now: HTTPDate) -> [UInt8] {
    let code = Self.code(of: response.status)
    let reason = code == response.status.code ? response.status.reasonPhrase : ""
    var text: [UInt8] = []
    text.reserveCapacity(512)
    text.append(text: "HTTP/1.1 ")
    text.append(text: String(code))
    text.append(text: " ")
    text.appendLine(reason)
    for field in response.fields
    where field.name.rawName.isToken && !Self.own.contains(field.name.canonicalName) {
      text.append(field.name.rawName, field.value)
    }
    switch declared(response) {
    case .length(let length): text.append("Content-Length", String(length))
    case .chunked: text.append("Transfer-Encoding", "chunked")
    case .none, .untilClose: break
    }
    text.append("Date", now.text)
    if !keepsAlive(after: response) {
      text.append("Connection", "close")
    } else if version == .http10 {
      text.append("Connection", "keep-alive")
    }
    text.appendLine("")
    return text
  }

  /// The framing that a head declares; for `HEAD` the one that `GET` would have.
  ///
  /// 204 has none, and 304 has none either, since the length it would repeat is not known here.
  /// A client of HTTP/1.0 knows no chunks. Source: RFC 9112 §6.1, §6.2.
  private func declared(_ response: Response) -> ResponseFraming {
    let code = Self.code(of: response.status)
    guard Self.mayHaveBody(code) else { return code == 205 ? .length(0) : .none }
    switch response.body {
    case .bytes(let bytes): return .length(bytes.count)
    case .stream(let length, _): return .length(max(0, length))
    case .unsized: return version == .http10 ? .untilClose : .chunked
    }
  }

  private static func mayHaveBody(_ code: Int) -> Bool {
    code != 204 && code != 205 && code != 304
  }

  /// The code of a final answer; any other code, also an interim one, becomes an internal error.
  private static func code(of status: HTTPResponse.Status) -> Int {
    (200...599).contains(status.code) ? status.code : 500
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ name: String, _ value: String) {
    append(text: name)
    append(text: ": ")
    appendLine(value)
  }

  fileprivate mutating func appendLine(_ text: String) {
    append(text: text)
    append(ASCII.carriageReturn)
    append(ASCII.lineFeed)
  }

  /// Appends part of a line; control characters in it become spaces.
  fileprivate mutating func append(text: String) {
    let start = count
    append(contentsOf: text.utf8)
    for index in start..<count where !self[index].isFieldValueByte { self[index] = ASCII.space }
  }
}
