import Foundation
import Testing

@Suite("Scripts") struct ScriptsTests {
  static func scripts() throws -> [String] {
    try Project.names(in: "bin").map { "bin/\($0)" } + [
      "Weights/fetch", ".ci/run", "docs/make-pictures",
    ]
  }

  /// What a script lacks: a first line that names its interpreter, a usage line that names it.
  static func lacks(_ path: String, _ text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var lacks: [String] = []
    if lines.first?.hasPrefix("#!") != true { lacks.append("interpreter") }
    let isUsage = { (line: Substring) in
      line.hasPrefix("usage: \(path)") || line.hasPrefix("# usage: \(path)")
    }
    if !lines.prefix(5).contains(where: isUsage) { lacks.append("usage") }
    return lacks
  }

  @Test
  func `every script is executable and says how it is used`() throws {
    let scripts = try Self.scripts()
    #expect(scripts.count >= 5)
    for path in scripts {
      #expect(
        FileManager.default.isExecutableFile(atPath: Project.root.appending(path: path).path),
        "\(path)")
      #expect(Self.lacks(path, try Project.text(path)) == [], "\(path)")
    }
  }

  @Test(arguments: [
    ("#!/bin/sh\n# usage: bin/a\n", [String]()), ("#!/bin/sh\n# usage: bin/b\n", ["usage"]),
    ("# usage: bin/a\n", ["interpreter"]), ("#!/bin/sh\n\n\n\n\n# usage: bin/a\n", ["usage"]),
  ])
  func `a script without its first lines is seen`(text: String, lacks: [String]) {
    #expect(Self.lacks("bin/a", text) == lacks)
  }

  @Test
  func `paths that scripts and documents name exist`() throws {
    let documents = try DocumentsTests.documents() + Self.scripts()
    for document in documents where Project.exists(document) {
      for path in Self.paths(in: try Project.text(document)) {
        #expect(Project.exists(path), "\(document) names \(path)")
      }
    }
    #expect(
      Self.paths(in: "#!/bin/sh\nsee `bin/x`, Tests/A.swift. (Weights/fetch) Config/*.txt") == [
        "Tests/A.swift", "Weights/fetch", "bin/x",
      ])
  }

  /// Paths under the package's folders that a text names, but for patterns and what is fetched.
  static func paths(in text: String) -> Set<String> {
    let pattern = #/(?:^|[^\w\/.\-])((?:bin|Config|Sources|Tests|Weights)\/[\w\-\/.+*]*[\w*])/#
    return Set(
      text.matches(of: pattern.anchorsMatchLineEndings()).map { String($0.output.1) }
        .filter { !$0.contains("*") && !$0.hasSuffix(".safetensors") })
  }
}
