package import Files

/// The reason why a list of tokens, or a change to it, is refused.
package enum TokenError: Error, Hashable, Sendable {
  /// The file could not be read or written.
  case file(FileError)
  /// The file is not JSON of the expected form; `reason` says where.
  case malformed(reason: String)
  /// A name is 1 to 64 letters, digits, `.`, `_`, `-` or `@`, and begins with a letter or digit.
  case badName(String)
  case nameTaken(String)
  case noSuchName(String)
  /// A token's own limit is less than 1.
  case badLimit(name: String)
  case tooManyTokens(limit: Int)
}
