package import Files

/// A named part of a store, whose entries are of one kind.
///
/// The name becomes a folder's: 1 to 32 of the characters a–z, 0–9 and the hyphen.
package struct Namespace: Hashable, Sendable {
  package static let longestName = 32

  package let name: String

  package init(_ name: String) {
    precondition(Namespace.isName(name), "“\(name)” is no namespace's name")
    self.name = name
  }

  static func isName(_ text: String) -> Bool {
    let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)
    return (1...longestName).contains(text.utf8.count) && text.utf8.allSatisfy(allowed.contains)
  }
}

/// What an entry is found by.
package struct EntryName: Hashable, Sendable {
  package let namespace: Namespace
  package let key: Digest

  package init(_ key: Digest, in namespace: Namespace) {
    self.namespace = namespace
    self.key = key
  }

  /// The folder inside the store's: no folder of a store has more than a 256th of a namespace.
  package var folder: String { "\(namespace.name)/\(key.description.prefix(2))" }

  /// The file inside the store's folder.
  package var path: String { "\(folder)/\(key)" }
}
