package import Files
package import Foundation

/// Accepted tokens, each stored as a name and the digest of its text.
///
/// A token is 256 random bits as 64 hexadecimal digits. Its text is shown once and stored nowhere;
/// with so many bits a slow hash is not needed.
package struct TokenList: Sendable, Hashable {
  /// One token, as stored in the file.
  package struct Entry: Sendable, Hashable, Codable {
    package let name: String
    /// SHA-256 of the token's text.
    package let sha256: Digest
    package let created: Date
    /// This token's own limit, which replaces the server's; `nil` for the server's.
    package let work: Int?
    package let bytes: Int?
    package let role: Role?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case name, sha256, created, work, bytes, role
    }
  }

  /// What a token may do that others may not.
  package enum Role: String, Sendable, Hashable, Codable {
    /// Deletes images that others sent.
    case `operator`
  }

  /// The maximum number of tokens: each request is compared with all of them.
  package static let limit = 10_000

  package private(set) var entries: [Entry]

  package init() {
    entries = []
  }

  init(_ entries: [Entry]) throws(TokenError) {
    self.init()
    for entry in entries { try append(entry) }
  }

  /// Adds a token and returns its text.
  package mutating func add(
    _ name: String, created: Date, work: Int? = nil, bytes: Int? = nil, role: Role? = nil
  ) throws(TokenError) -> String {
    let text = SHA256.digest(of: randomBytes(Digest.byteCount)).description
    try append(
      Entry(
        name: name, sha256: SHA256.digest(of: Array(text.utf8)), created: created, work: work,
        bytes: bytes, role: role))
    return text
  }

  package mutating func remove(_ name: String) throws(TokenError) {
    guard let index = entries.firstIndex(where: { $0.name == name }) else {
      throw .noSuchName(name)
    }
    entries.remove(at: index)
  }

  /// Finds the entry of a token.
  ///
  /// Every entry is compared in full, so that the time reveals nothing about the tokens.
  package func entry(of token: some StringProtocol) -> Entry? {
    let digest = SHA256.digest(of: Array(token.utf8))
    var found: Entry?
    for entry in entries where entry.sha256.matches(digest) { found = entry }
    return found
  }

  private mutating func append(_ entry: Entry) throws(TokenError) {
    guard TokenList.isName(entry.name) else { throw .badName(entry.name) }
    guard !entries.contains(where: { $0.name == entry.name }) else {
      throw .nameTaken(entry.name)
    }
    guard entry.work ?? 1 > 0, entry.bytes ?? 1 > 0 else { throw .badLimit(name: entry.name) }
    guard entries.count < TokenList.limit else { throw .tooManyTokens(limit: TokenList.limit) }
    entries.append(entry)
  }

  /// Names appear unescaped in logs and metrics.
  private static func isName(_ text: String) -> Bool {
    text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._@\-]{0,63}/) != nil
  }
}
