/// The reason why bytes are not decoded to a picture.
package enum CodecError: Error, Sendable, Hashable {
  /// The first bytes are not those of an `ImageFormat`.
  case unrecognised
  /// They are those of a format that is not read.
  case foreign(ForeignFormat)
  case tooManyBytes(Int, limit: Int)
  case sideTooLong(Int, limit: Int)
  case tooManyPixels(Int, limit: Int)
  /// There are more pages than `limit`, counted no further.
  case tooManyPages(limit: Int)
  /// The page, counted from 0, does not exist.
  case noSuchPage(Int, pages: Int)
  /// A valid file, as far as it was read, of a kind that is not decoded; `what` names the kind.
  case unsupported(ImageFormat, what: String)
  /// The bytes contradict their format or each other.
  case damaged(ImageFormat, reason: String)
  /// The bytes end too early, or refer to offsets after their end.
  case truncated(ImageFormat, reason: String)
  /// The codec could not allocate working memory.
  case outOfMemory(ImageFormat)
}
