import HTTPTypes

/// The first line of a request.
///
/// Source: RFC 9112 §3.
struct RequestLine: Sendable, Equatable {
  let method: HTTPRequest.Method
  let target: TargetForm
  let version: HTTPVersion
}

/// Reads a request line byte by byte, after skipping a few empty lines.
///
/// Every byte is checked on arrival, so that refusals do not depend on how the bytes were split
/// into reads. Exactly one space separates the parts, and the line ends with CR LF.
struct RequestLineParser: Sendable {
  private enum Expected {
    case start
    case emptyLineFeed
    case method
    case target
    case version
    case lineFeed
  }

  /// The longest method registered with IANA has 17 letters.
  static let longestMethod = 32
  private static let versionPattern = Array("HTTP/1.1".utf8)

  private let limits: ProtocolLimits
  private var expected = Expected.start
  private var emptyLines = 0
  private var method: [UInt8] = []
  private var target: [UInt8] = []
  private var version: [UInt8] = []

  init(limits: ProtocolLimits) {
    self.limits = limits
  }

  /// Whether a byte of the line itself, not of an empty line before it, has been read.
  var hasBegun: Bool {
    switch expected {
    case .start, .emptyLineFeed: false
    case .method, .target, .version, .lineFeed: true
    }
  }

  /// The number of bytes held.
  var count: Int { method.count + target.count + version.count }

  /// Reads one byte; returns the line after its last one.
  mutating func read(_ byte: UInt8) throws(ProtocolViolation) -> RequestLine? {
    switch expected {
    case .start:
      try begin(byte)
    case .emptyLineFeed:
      guard byte == ASCII.lineFeed else { throw .malformedRequestLine }
      expected = .start
    case .method:
      try readMethod(byte)
    case .target:
      try readTarget(byte)
    case .version:
      try readVersion(byte)
    case .lineFeed:
      guard byte == ASCII.lineFeed else { throw .malformedRequestLine }
      return try finished()
    }
    return nil
  }

  private mutating func begin(_ byte: UInt8) throws(ProtocolViolation) {
    if byte == ASCII.carriageReturn {
      emptyLines += 1
      guard emptyLines <= limits.leadingEmptyLines else { throw .malformedRequestLine }
      expected = .emptyLineFeed
    } else {
      expected = .method
      try readMethod(byte)
    }
  }

  private mutating func readMethod(_ byte: UInt8) throws(ProtocolViolation) {
    if byte == ASCII.space, !method.isEmpty {
      expected = .target
    } else {
      guard byte.isTokenCharacter, method.count < Self.longestMethod else {
        throw .malformedRequestLine
      }
      method.append(byte)
    }
  }

  private mutating func readTarget(_ byte: UInt8) throws(ProtocolViolation) {
    switch byte {
    case ASCII.space:
      guard !target.isEmpty else { throw .malformedRequestLine }
      expected = .version
    case ASCII.carriageReturn, ASCII.lineFeed:
      throw .malformedRequestLine
    default:
      guard TargetForm.allows(byte) else { throw .malformedTarget }
      guard target.count < limits.target else { throw .targetTooLong(limit: limits.target) }
      target.append(byte)
    }
  }

  /// Reads `HTTP/`, a digit, a dot and a digit, in this case only.
  ///
  /// Source: RFC 9112 §2.3.
  private mutating func readVersion(_ byte: UInt8) throws(ProtocolViolation) {
    let isExpected =
      switch version.count {
      case 0, 1, 2, 3, 4, 6: byte == Self.versionPattern[version.count]
      case 5, 7: byte.isDigit
      default: byte == ASCII.carriageReturn
      }
    guard isExpected else { throw .malformedRequestLine }
    if version.count == Self.versionPattern.count {
      expected = .lineFeed
    } else {
      version.append(byte)
    }
  }

  private func finished() throws(ProtocolViolation) -> RequestLine {
    let version: HTTPVersion
    switch String(decoding: self.version, as: UTF8.self) {
    case "HTTP/1.0": version = .http10
    case "HTTP/1.1": version = .http11
    default: throw .unsupportedVersion
    }
    guard let method = HTTPRequest.Method(String(decoding: self.method, as: UTF8.self)) else {
      throw .malformedRequestLine
    }
    let target = try TargetForm(String(decoding: self.target, as: UTF8.self), method: method)
    return RequestLine(method: method, target: target, version: version)
  }
}
