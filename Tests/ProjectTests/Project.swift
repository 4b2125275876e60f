import Foundation

/// The project's files, read as text.
enum Project {
  /// The package's root, from where this file lies in it.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Paths of all files under a folder that end so, from the root, sorted.
  static func files(under folder: String, _ end: String = ".swift") -> [String] {
    let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
    return (names?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(end) }.map { "\(folder)/\($0)" }.sorted()
  }

  /// README, CONTRIBUTING and the pages of `docs/`.
  static var documents: [String] {
    ["README.md", "CONTRIBUTING.md"] + files(under: "docs", ".md")
  }

  static func scripts() throws -> [String] {
    try names(in: "bin").map { "bin/\($0)" } + ["Weights/fetch", ".ci/run", "docs/make-pictures"]
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
