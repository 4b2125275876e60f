import HTTPTypes

/// The header of a part.
///
/// Source: RFC 7578 §4.2, §4.4, §4.7.
struct PartHeader {
  /// The maximum number of fields of one part.
  private static let fieldLimit = 16

  let name: String
  let filename: String?
  let contentType: String?
  /// The offset at which the part's bytes begin.
  let end: Int

  init(
    in body: [UInt8], from start: Int, part: Int, limit: Int
  ) throws(MultipartError) {
    let (fields, end) = try Self.fields(in: body, from: start, part: part, limit: limit)
    let disposition = try Self.value("content-disposition", in: fields, part: part)
    guard let disposition, let parsed = HeaderParameters(disposition.utf8),
      parsed.kind == "form-data"
    else { throw .malformedPartHeader(part: part) }
    guard let name = parsed.parameters["name"], !name.isEmpty else {
      throw .missingName(part: part)
    }
    let encoding = try Self.value("content-transfer-encoding", in: fields, part: part)
    if let encoding, !["7bit", "8bit", "binary"].contains(encoding.lowercased()) {
      throw .unsupportedTransferEncoding(part: part)
    }
    self.name = name
    filename = parsed.parameters["filename"]
    contentType = try Self.value("content-type", in: fields, part: part)
    self.end = end
  }

  private static func fields(
    in body: [UInt8], from start: Int, part: Int, limit: Int
  ) throws(MultipartError) -> (HTTPFields, end: Int) {
    var parser = FieldSectionParser(limit: fieldLimit)
    for (index, byte) in body[start...].enumerated() {
      guard index < limit else { throw .partHeaderTooLarge(part: part, limit: limit) }
      do {
        guard let fields = try parser.read(byte) else { continue }
        let end = start + index + 1
        let bytes = body[start..<end]
        guard String(validating: bytes, as: UTF8.self) == nil else { return (fields, end) }
        return (try latin1Fields(of: bytes), end)
      } catch {
        throw .malformedPartHeader(part: part)
      }
    }
    throw .missingFinalDelimiter(part: part)
  }

  /// The fields of a header that is not UTF-8, as old programs write the names of files.
  private static func latin1Fields(
    of bytes: ArraySlice<UInt8>
  ) throws(ProtocolViolation) -> HTTPFields {
    var parser = FieldSectionParser(limit: fieldLimit)
    for byte in String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8 {
      if let fields = try parser.read(byte) { return fields }
    }
    throw .malformedField
  }

  /// A field's value; `nil` when it is absent.
  private static func value(
    _ name: String, in fields: HTTPFields, part: Int
  ) throws(MultipartError) -> String? {
    let values = fields.filter { $0.name.canonicalName == name }.map(\.value)
    guard values.count <= 1 else { throw .malformedPartHeader(part: part) }
    return values.first
  }
}
