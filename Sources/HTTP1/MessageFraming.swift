import HTTPTypes

extension BodyFraming {
  /// How long a body the fields announce, when they announce it in one way only.
  ///
  /// Names are compared whole: `Content_Length` is an unknown field. Source: RFC 9112 §6.3.
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

  /// Digits alone, at most 19 of them, no zero before another digit.
  private static func length(_ text: String) throws(ProtocolViolation) -> Int {
    let digits = text.utf8
    guard digits.count <= 19, digits.allSatisfy(\.isDigit),
      digits.count == 1 || digits.first != UInt8(ascii: "0"), let length = Int(text)
    else { throw .malformedLength }
    return length
  }

  /// `chunked` and nothing else.
  ///
  /// Other codings are told apart from nonsense for the sake of the answer: well-formed lists that
  /// leave the body's end known or name no `chunked` at all are unsupported, the rest conflicting.
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
