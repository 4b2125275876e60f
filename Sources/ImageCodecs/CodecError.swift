/// Why bytes do not become a picture.
package enum CodecError: Error, Sendable, Hashable {
  /// The first bytes are those of no `ImageFormat`.
  case unrecognised
  case tooManyBytes(Int, limit: Int)
  case sideTooLong(Int, limit: Int)
  case tooManyPixels(Int, limit: Int)
  /// More than `limit`; they are not counted any further.
  case tooManyPages(limit: Int)
  /// Pages are counted from 0.
  case noSuchPage(Int, pages: Int)
  /// A sound file, as far as it was read, of a kind that is not decoded; `what` names the kind.
  case unsupported(ImageFormat, what: String)
  /// Bytes that contradict their format or each other.
  case damaged(ImageFormat, reason: String)
  /// Bytes that end too early, or point behind their end.
  case truncated(ImageFormat, reason: String)
  /// The codec got no memory for its own work.
  case outOfMemory(ImageFormat)
}
