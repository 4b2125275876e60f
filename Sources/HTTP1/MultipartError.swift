/// The reason why a body is not the form that its content type announces.
///
/// Parts are counted from 1.
package enum MultipartError: Error, Hashable, Sendable {
  /// The content type is not `multipart/form-data`.
  case notFormData
  case missingBoundary
  /// The boundary is not 1 to 70 of the characters of RFC 2046 §5.1.1.
  case malformedBoundary
  /// The boundary does not occur at the beginning of a line.
  case missingFirstDelimiter
  /// A delimiter is followed by a blank, a lone CR or a lone LF, at this offset of the body.
  case malformedDelimiter(offset: Int)
  /// The body ends inside this part.
  case missingFinalDelimiter(part: Int)
  case malformedPartHeader(part: Int)
  case partHeaderTooLarge(part: Int, limit: Int)
  case missingName(part: Int)
  case duplicateName(String)
  /// A part is in base64 or quoted-printable, which forms do not use. Source: RFC 7578 §4.7.
  case unsupportedTransferEncoding(part: Int)
  case tooManyParts(limit: Int)
}

package struct MultipartLimits: Sendable, Hashable {
  package var parts = 64
  /// The maximum bytes of one part's header, including its empty line.
  package var partHeader = 8 * 1024
  /// The name that several parts may have; `nil` where none may.
  package var repeated: String?

  package init() {}
}
