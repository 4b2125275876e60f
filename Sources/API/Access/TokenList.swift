package import Files
package import Foundation

/// The tokens that open the door, each known by a name and the digest of its text.
///
/// A token is 256 random bits as 64 hexadecimal digits; its text is told once and kept nowhere, and
/// what has so many bits needs no slow hash.
package struct TokenList: Sendable, Hashable {
  /// One token, as the file has it.
  package struct Entry: Sendable, Hashable, Codable {
    package let name: String
    /// Of the token's text.
    package let sha256: Digest
    package let created: Date
    /// Limits of its own, in place of the house's for each token.
    package let work: Int?
    package let bytes: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case name, sha256, created, work, bytes
    }
  }

  /// Every request is held against every token.
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
    _ name: String, created: Date, work: Int? = nil, bytes: Int? = nil
  ) throws(TokenError) -> String {
    let text = SHA256.digest(of: randomBytes(Digest.byteCount)).description
    try append(
      Entry(
        name: name, sha256: SHA256.digest(of: Array(text.utf8)), created: created, work: work,
        bytes: bytes))
    return text
  }

  package mutating func remove(_ name: String) throws(TokenError) {
    guard let index = entries.firstIndex(where: { $0.name == name }) else {
      throw .noSuchName(name)
    }
    entries.remove(at: index)
  }

  /// The entry of a token.
  ///
  /// All are looked at, and each to its end, so that the time tells nothing of them.
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

  /// Names stand in logs and metrics as they are.
  private static func isName(_ text: String) -> Bool {
    text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._@\-]{0,63}/) != nil
  }
}
