package import HTTPTypes

/// A selected representation: its bytes, of which any part can be sent, its tag, and its fields.
///
/// Source: RFC 9110 §3.2.
package struct Representation: Sendable {
  package enum Content: Sendable {
    case bytes([UInt8])
    /// Exactly `length` bytes; those of a range are produced on demand.
    case stream(length: Int, @Sendable (Range<Int>, any BodyWriter) async throws -> Void)

    package var length: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .stream(let length, _): length
      }
    }
  }

  /// A strong tag; `nil` when nothing identifies the bytes.
  package var tag: EntityTag?
  package var fields: HTTPFields
  package var content: Content

  package init(tag: EntityTag?, fields: HTTPFields, content: Content) {
    self.tag = tag
    self.fields = fields
    self.content = content
  }

  /// The answer to a request for this: all of it, a part, or that the client has it.
  ///
  /// HEAD is answered as GET; the writer omits the body. Source: RFC 9110 §13.2.2, §14.2.
  package func response(to head: RequestHead) throws(SelectionError) -> Response {
    switch Conditions(head).verdict(on: tag) {
    case .failed: throw .preconditionFailed
    case .notModified: return .notModified(fields(for: head))
    case .perform: break
    }
    guard let range = range(of: head) else {
      return Response(
        status: .ok, fields: fields(for: head), body: content.body(0..<content.length))
    }
    guard let part = range.bytes(of: content.length) else {
      throw .rangeNotSatisfiable(length: content.length)
    }
    var response = Response(
      status: .partialContent, fields: fields(for: head), body: content.body(part))
    // A client that names the tag has the other fields. Source: RFC 9110 §15.3.7.
    if head.fields.contains(.ifRange) { response.fields.keepWhatCachesNeed() }
    response.fields[.contentRange] =
      "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(content.length)"
    return response
  }

  /// The bytes that a request for this is sent; `nil` for none.
  package func part(for head: RequestHead) -> Range<Int>? {
    guard head.method != .head, Conditions(head).verdict(on: tag) == .perform else { return nil }
    guard let range = range(of: head) else { return 0..<content.length }
    return range.bytes(of: content.length)
  }

  private func fields(for head: RequestHead) -> HTTPFields {
    var fields = fields
    fields[.eTag] = tag?.text
    if head.method == .get || head.method == .head { fields[.acceptRanges] = "bytes" }
    return fields
  }

  /// The requested part; `nil` for all.
  ///
  /// Only GET has parts. An `If-Range` that is not a strong tag, or is another one, requests all,
  /// as does one with a date, since there are no dates here. Source: RFC 9110 §13.1.5, §14.2.
  private func range(of head: RequestHead) -> ByteRange? {
    guard head.method == .get, let range = head.fields[.range].flatMap(ByteRange.init) else {
      return nil
    }
    guard let condition = head.fields[.ifRange] else { return range }
    guard let tag, let wanted = EntityTag(condition), wanted.isStrongly(tag) else { return nil }
    return range
  }
}

/// The reason why a representation is not sent.
package enum SelectionError: Error, Hashable, Sendable {
  case preconditionFailed
  /// The range begins after the last byte.
  case rangeNotSatisfiable(length: Int)
}

extension Response {
  /// A 304, which makes a client use the bytes that it has; `fields` are those of the answer it
  /// had.
  ///
  /// Source: RFC 9110 §15.4.5.
  package static func notModified(_ fields: HTTPFields) -> Response {
    var response = Response(status: .notModified, fields: fields)
    response.fields.keepWhatCachesNeed()
    return response
  }
}

extension Representation.Content {
  /// A range of the content; offsets into the body count from the range's first byte.
  fileprivate func body(_ part: Range<Int>) -> Response.Body {
    switch self {
    case .bytes(let bytes):
      return .bytes(part.count == bytes.count ? bytes : Array(bytes[part]))
    case .stream(_, let write):
      return .stream(length: part.count) { try await write(part, $0) }
    }
  }
}

extension HTTPFields {
  /// Removes fields that a client with the representation has already.
  ///
  /// Source: RFC 9110 §15.3.7, §15.4.5, which name the same fields.
  fileprivate mutating func keepWhatCachesNeed() {
    removeAll { field in
      ![.cacheControl, .contentLocation, .eTag, .expires, .vary].contains(field.name)
    }
  }
}
