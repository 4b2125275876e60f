import Foundation
import Testing

@Suite("Documents") struct DocumentsTests {
  /// Where a document's links and pictures lead inside the project, from the top level.
  static func targets(of document: String) throws -> [String] {
    let folder = document.split(separator: "/").dropLast()
    return try Project.text(document).matches(of: #/\]\(([^)#:\s]+)(?:#[^)]*)?\)/#).map { match in
      var path = Array(folder)
      for part in match.output.1.split(separator: "/") {
        if part == ".." { _ = path.popLast() } else { path.append(part) }
      }
      return path.joined(separator: "/")
    }
  }

  @Test
  func `Documents: links and pictures lead to files that exist`() throws {
    #expect(Project.documents.count > 6)
    for document in Project.documents {
      for path in try Self.targets(of: document) {
        #expect(Project.exists(path), "\(document) leads to \(path)")
      }
    }
  }

  @Test
  func `Documents: every picture is shown, and together they stay small`() throws {
    let pictures = try [".readme", "docs/pictures"].flatMap { folder in
      try Project.names(in: folder).map { "\(folder)/\($0)" }
    }
    let shown = try Project.documents.flatMap { try Self.targets(of: $0) }
    #expect(Set(pictures).subtracting(shown) == [])
    let bytes = try pictures.reduce(0) { total, path in
      total + (try Data(contentsOf: Project.root.appending(path: path))).count
    }
    #expect(bytes < 1_500_000, "\(bytes) bytes of pictures")
  }

  @Test
  func `Documents: paths that scripts and documents name exist`() throws {
    let path = #/(?:^|[^\w\/.\-])((?:bin|Config|Sources|Tests|Weights)\/[\w\-\/.+*]*[\w*])/#
      .anchorsMatchLineEndings()
    for document in try Project.documents + Project.scripts() {
      for match in try Project.text(document).matches(of: path) {
        let named = String(match.output.1)
        // Patterns, and what is fetched.
        guard !named.contains("*"), !named.hasSuffix(".safetensors") else { continue }
        #expect(Project.exists(named), "\(document) names \(named)")
      }
    }
  }

  @Test
  func `Documents: nothing names a path of one machine, and no page promises the absolute`() throws
  {
    let files =
      try Project.documents + Project.scripts() + ["openapi.yaml", "Package.swift", "Dockerfile"]
    for path in files {
      let text = try Project.text(path)
      let isOfOneMachine = text.contains(#/(?:^|[^\w.])\/(?:work|home|root|Users)\//#)
      #expect(!isOfOneMachine, "\(path)")
      guard path.hasSuffix(".md") || path.hasSuffix(".yaml") else { continue }
      let promises = text.contains(
        #/(?i)\b(flawless|bug-free|bulletproof|unbreakable|guaranteed)\b/#)
      #expect(!promises, "\(path)")
    }
  }
}
