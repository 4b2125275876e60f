import HTTPTypes

extension BodyFraming {
  /// The body's framing; throws when the fields announce it in more than one way.
  ///
  /// Names are compared in full: `Content_Length` is an unknown field. Source: RFC 9112 §6.3.
  init(_ fields: HTTPFields, version: HTTPVersion) throws(ProtocolViolation) {
    let codings = fields[values: .transferEncoding]
    let lengths = fields[values: .contentLength]
    guard codings.count + lengths.count <= 1 else { throw .conflictingFraming }
    if let coding = codings.first {
      guard version == .http11 else { throw .conflictingFraming }
      try Self.requireChunked(coding)
      self = .chunked
    } else if let length = lengths.first {
      self = .fixed(try Self.length(length))
    } else {
      self = .none
    }
  }

  /// Parses digits only, at most 19 of them, without leading zeros.
  private static func length(_ text: String) throws(ProtocolViolation) -> Int {
    let digits = text.utf8
    guard digits.count <= 19, digits.allSatisfy(\.isDigit),
      digits.count == 1 || digits.first != UInt8(ascii: "0"), let length = Int(text)
    else { throw .malformedLength }
    return length
  }

  /// Requires `chunked` alone.
  ///
  /// Other codings are distinguished for the answer's sake: well-formed lists that leave the body's
  /// end known, or without `chunked`, are unsupported, the rest conflicting.
  private static func requireChunked(_ text: String) throws(ProtocolViolation) {
    if text.equalsIgnoringCase("chunked") { return }
    let codings = text.split(separator: ",", omittingEmptySubsequences: false)
      .map(\.trimmingBlanks)
    guard codings.allSatisfy(\.isToken) else { throw .conflictingFraming }
    let isChunked = codings.map { $0.equalsIgnoringCase("chunked") }
    guard !isChunked.dropLast().contains(true) else { throw .conflictingFraming }
    throw .unsupportedTransferCoding
  }
}
