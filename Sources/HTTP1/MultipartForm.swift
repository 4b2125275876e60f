/// A multipart form, whose parts are ranges of the body.
///
/// Source: RFC 7578; RFC 2046 §5.1.
///
/// Bytes before the first delimiter and after the last are dropped. Lines end with CR LF; a line
/// that only begins like a delimiter is data. Names are unique but for one that the limits name.
package struct MultipartForm: Sendable, Hashable {
  package struct Part: Sendable, Hashable {
    package let name: String
    /// The client's name of the file; never used as a path.
    package let filename: String?
    package let contentType: String?
    /// The range of the part's bytes in the body.
    package let range: Range<Int>
  }

  package let parts: [Part]

  package subscript(name: String) -> Part? {
    parts.first { $0.name == name }
  }

  package init(
    body: [UInt8], contentType: String, limits: MultipartLimits = MultipartLimits()
  ) throws(MultipartError) {
    let boundary = try Self.boundary(of: contentType)
    var delimiters = DelimiterScanner(body: body, boundary: boundary)
    guard var delimiter = try delimiters.next() else { throw .missingFirstDelimiter }
    var parts: [Part] = []
    var names: Set<String> = []
    while !delimiter.isLast {
      let number = parts.count + 1
      guard parts.count < limits.parts else { throw .tooManyParts(limit: limits.parts) }
      let header = try PartHeader(
        in: body, from: delimiter.end, part: number, limit: limits.partHeader)
      // An empty part's delimiter may share its CR LF with the end of the header.
      guard let next = try delimiters.next(from: header.end - 2) else {
        throw .missingFinalDelimiter(part: number)
      }
      guard names.insert(header.name).inserted || header.name == limits.repeated else {
        throw .duplicateName(header.name)
      }
      parts.append(
        Part(
          name: header.name, filename: header.filename, contentType: header.contentType,
          range: header.end..<max(header.end, next.start)))
      delimiter = next
    }
    self.parts = parts
  }

  private static func boundary(of contentType: String) throws(MultipartError) -> [UInt8] {
    guard let type = HeaderParameters(contentType.utf8), type.kind == "multipart/form-data" else {
      throw .notFormData
    }
    guard let text = type.parameters["boundary"] else { throw .missingBoundary }
    let boundary = Array(text.utf8)
    guard (1...70).contains(boundary.count), boundary.last != ASCII.space,
      boundary.allSatisfy(isBoundaryCharacter)
    else { throw .malformedBoundary }
    return boundary
  }

  /// Whether the byte may occur in a boundary.
  ///
  /// Source: RFC 2046 §5.1.1, `bchars`, and `$` and others that some clients send in quotes.
  private static func isBoundaryCharacter(_ byte: UInt8) -> Bool {
    byte.isTokenCharacter || "()+_,-./:=? ".utf8.contains(byte)
  }
}
