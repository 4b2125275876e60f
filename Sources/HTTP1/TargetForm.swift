import HTTPTypes

/// The supported forms of a request target.
///
/// Source: RFC 9112 §3.2.
///
/// The fourth, a bare authority after `CONNECT`, requests a tunnel and is malformed here: a target
/// is a path from the root or, for `OPTIONS` alone, the server itself.
enum TargetForm: Sendable, Equatable {
  case origin(RequestTarget)
  case absolute(authority: String, RequestTarget)

  /// Printable ASCII except space, quote, backslash and number sign.
  static func allows(_ byte: UInt8) -> Bool {
    byte > ASCII.space && byte < ASCII.delete && byte != ASCII.quote && byte != ASCII.backslash
      && byte != UInt8(ascii: "#")
  }

  /// Parses a target; `text` must consist of allowed bytes.
  init(_ text: String, method: HTTPRequest.Method) throws(ProtocolViolation) {
    if text == "*" {
      guard method == .options else { throw .malformedTarget }
      self = .origin(RequestTarget(path: "*"))
    } else if text.utf8.first == UInt8(ascii: "/") {
      self = .origin(RequestTarget(splitting: text[...]))
    } else {
      self = try Self.absolute(text, method: method)
    }
  }

  private static func absolute(
    _ text: String, method: HTTPRequest.Method
  ) throws(ProtocolViolation) -> TargetForm {
    guard method != .connect,
      let scheme = ["http://", "https://"].first(where: {
        text.prefix($0.count).equalsIgnoringCase($0)
      })
    else { throw .malformedTarget }
    let rest = text.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<end]
    guard Authority.isValid(authority) else { throw .malformedTarget }
    let target: RequestTarget
    if end == rest.endIndex, method == .options {
      target = RequestTarget(path: "*")
    } else if rest[end...].hasPrefix("/") {
      target = RequestTarget(splitting: rest[end...])
    } else {
      target = RequestTarget(splitting: "/" + rest[end...])
    }
    return .absolute(authority: String(authority), target)
  }

  var target: RequestTarget {
    switch self {
    case .origin(let target), .absolute(_, let target): target
    }
  }
}

extension RequestTarget {
  /// Splits at the first question mark.
  fileprivate init(splitting text: Substring) {
    if let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) {
      self.init(path: String(text[..<mark]), query: String(text[text.index(after: mark)...]))
    } else {
      self.init(path: String(text))
    }
  }
}
