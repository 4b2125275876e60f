package import Files

/// Where machines keep what they share, beneath the stores that each has of its own.
///
/// An address always stands for the same bytes, so that nothing is ever changed, only added. What
/// comes from it is untrusted and is verified. Every call blocks.
package protocol SharedStore: Sendable {
  /// Where it is, in words for the operator.
  var place: String { get }

  func contains(_ address: SharedAddress) throws(SharedStoreError) -> Bool

  /// Writes an entry of at most `limit` bytes to a file that is made; returns false where there is no
  /// entry.
  func fetch(
    _ address: SharedAddress, to path: String, limit: Int
  ) throws(SharedStoreError) -> Bool

  /// Keeps what a file holds; with `replacing` also where something has the address, which was found
  /// damaged.
  func publish(
    _ address: SharedAddress, from path: String, replacing: Bool
  ) throws(SharedStoreError)
}

/// Where an entry of a shared store is.
///
/// Source: the two kinds of names of Bazel's remote cache.
package struct SharedAddress: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Under the SHA-256 of its bytes.
    case content = "cas"
    /// Under the digest of what decides its bytes.
    case action = "ac"
  }

  package let kind: Kind
  package let digest: Digest

  package init(_ kind: Kind, _ digest: Digest) { (self.kind, self.digest) = (kind, digest) }

  /// Bytes under their own digest.
  package init(content digest: Digest) { self.init(.content, digest) }

  /// An entry of a store as its file is, made by a kind of arithmetic.
  package init(_ name: EntryName, arithmetic: String) {
    let text = "\(arithmetic)\n\(name.namespace.name)\n\(name.key)"
    self.init(.action, SHA256.digest(of: Array(text.utf8)))
  }

  /// Reads `ac/` or `cas/` with 64 digits.
  package init?(path: some StringProtocol) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])),
      let digest = Digest(hex: parts[1])
    else { return nil }
    self.init(kind, digest)
  }

  package var path: String { "\(kind.rawValue)/\(digest)" }
}

/// Why a shared store gave no answer.
package enum SharedStoreError: Error, Hashable, Sendable {
  /// It cannot be reached now, which says nothing about what it has.
  case away(reason: String)
  /// It refuses, and will go on: a mistake of configuration.
  case refused(reason: String)
  /// It takes no entry of this size.
  case tooLarge(bytes: Int)
}

extension SharedStoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .away(let reason), .refused(let reason): reason
    case .tooLarge(let bytes): "\(bytes) bytes are too many"
    }
  }
}
