import Foundation

/// The source tree, read as text.
enum Project {
  /// The package's root, from where this file lies in it.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Paths of all Swift files under a folder, from the root, sorted.
  static func swiftFiles(under folder: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
    return (names?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }.sorted()
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// Names in a folder, from the root, sorted; dotfiles too.
  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).sorted()
  }
}

extension String {
  /// Numbers, from 1, of the lines in which the pattern occurs.
  func lines(matching pattern: Regex<AnyRegexOutput>) -> [Int] {
    split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .filter { $0.element.contains(pattern) }.map { $0.offset + 1 }
  }

  /// The same for a pattern in its usual notation, whose `\b` parts a word from a dot.
  ///
  /// By Unicode's rule, which is Swift's default, `a.b` would be one word. A pattern that cannot be
  /// read occurs everywhere.
  func lines(matching pattern: String) -> [Int] {
    guard let pattern = try? Regex(pattern).wordBoundaryKind(.simple) else { return [0] }
    return lines(matching: pattern)
  }
}
