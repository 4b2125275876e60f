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
      let fields: HTTPFields?
      do {
        fields = try parser.read(byte)
      } catch {
        throw .malformedPartHeader(part: part)
      }
      guard let fields else { continue }
      let end = start + index + 1
      guard String(validating: body[start..<end], as: UTF8.self) != nil else {
        throw .malformedPartHeader(part: part)
      }
      return (fields, end)
    }
    throw .missingFinalDelimiter(part: part)
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
