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

  /// Whether the connection can carry another request after this answer.
  package let keepsAlive: Bool

  /// Answers a request, or with `nil` invalid bytes, after which the connection is closed.
  package init(answering request: RequestHead?, keepsAlive: Bool = true) {
    method = request?.method
    version = request?.version ?? .http11
    self.keepsAlive = keepsAlive && request?.keepsAlive ?? false
  }

  /// Whether the body of a response is sent: not after `HEAD`, and not with 204, 205 and 304.
  package func sendsBody(of response: Response) -> Bool {
    method != .head && Self.mayHaveBody(Self.code(of: response.status))
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
    if let length = Self.length(of: response, code: code) {
      text.append("Content-Length", String(length))
    }
    text.append("Date", now.text)
    if !keepsAlive {
      text.append("Connection", "close")
    } else if version == .http10 {
      text.append("Connection", "keep-alive")
    }
    text.appendLine("")
    return text
  }

  /// The value of `Content-Length`; for `HEAD` the one that `GET` would have.
  ///
  /// 204 has none, and 304 has none either, since the length it would repeat is not known here.
  private static func length(of response: Response, code: Int) -> Int? {
    guard mayHaveBody(code) else { return code == 205 ? 0 : nil }
    switch response.body {
    case .bytes(let bytes): return bytes.count
    case .stream(let length, _): return max(0, length)
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
