package import Files

/// What is wrong with a list of tokens, or with a change of it.
package enum TokenError: Error, Hashable, Sendable {
  /// The file could not be read or written.
  case file(FileError)
  /// The file is no JSON of the form that a list has; `reason` says where.
  case malformed(reason: String)
  /// A name is 1 to 64 of letters, digits, and `.`, `_`, `-`, `@` after the first.
  case badName(String)
  case nameTaken(String)
  case noSuchName(String)
  /// A limit of one's own is at least 1.
  case badLimit(name: String)
  case tooManyTokens(limit: Int)
}
