import Foundation
import Testing

@Suite("Documents") struct DocumentsTests {
  /// README, CONTRIBUTING and the pages of `docs/`.
  static func documents() throws -> [String] {
    try ["README.md", "CONTRIBUTING.md"]
      + Project.names(in: "docs").filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
  }

  /// Where a document's links and pictures lead inside the project, from the top level.
  static func targets(of document: String, _ text: String) -> [String] {
    let folder = document.split(separator: "/").dropLast()
    return text.matches(of: #/\]\(([^)#:\s]+)(?:#[^)]*)?\)/#).map { match in
      var path = Array(folder)
      for part in match.output.1.split(separator: "/") {
        if part == ".." { _ = path.popLast() } else { path.append(part) }
      }
      return path.joined(separator: "/")
    }
  }

  @Test
  func `Documents: links and pictures lead to files that exist`() throws {
    let documents = try Self.documents()
    #expect(documents.count > 6)
    for document in documents {
      for path in Self.targets(of: document, try Project.text(document)) {
        #expect(Project.exists(path), "\(document) leads to \(path)")
      }
    }
  }

  @Test
  func `Documents: every picture is shown, and together they stay small`() throws {
    let folders = [".readme", "docs/pictures"]
    let pictures = try folders.flatMap { folder in
      try Project.names(in: folder).map { "\(folder)/\($0)" }
    }
    let shown = try Self.documents().flatMap { Self.targets(of: $0, try Project.text($0)) }
    #expect(Set(pictures).subtracting(shown) == [])
    let bytes = try pictures.reduce(0) { total, path in
      total + (try Data(contentsOf: Project.root.appending(path: path))).count
    }
    #expect(bytes < 1_500_000, "\(bytes) bytes of pictures")
  }

  @Test(arguments: [
    ("README.md", "![a](docs/a.png) [b](bin/b)", ["docs/a.png", "bin/b"]),
    ("docs/a.md", "[b](b.md#part) [c](../README.md)", ["docs/b.md", "README.md"]),
    ("docs/a.md", "[d](https://example.org/) (e) [f]", []),
  ])
  func `Documents: a link is read from its document's folder`(
    document: String, text: String, targets: [String]
  ) {
    #expect(Self.targets(of: document, text) == targets)
  }
}
