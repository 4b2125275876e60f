import Foundation
import Testing

@Suite("Layout") struct LayoutTests {
  static let topLevel: Set<String> = [
    "Benchmarks", "CONTRIBUTING.md", "Config", "Dockerfile", "LICENSE", "Package.swift",
    "README.md", "Sources", "Tests", "Weights", "bin", "docs", "openapi.yaml",
  ]

  /// What builds and demos leave behind; git ignores it.
  static let leftovers: Set<String> = ["Package.resolved", "out"]

  static func strangers(among names: [String]) -> [String] {
    names.filter { !$0.hasPrefix(".") && !topLevel.contains($0) && !leftovers.contains($0) }
  }

  @Test
  func `the top level holds exactly what the plan says`() throws {
    let names = try Project.names(in: ".")
    #expect(Self.strangers(among: names) == [])
    #expect(Self.topLevel.subtracting(names) == [])
    #expect(Self.strangers(among: ["Sources", ".git", "out", "notes.txt"]) == ["notes.txt"])
  }

  @Test
  func `every target has its folder, and every folder its target`() throws {
    let manifest = try Project.text("Package.swift")
    let targets = Set(Arrows.allowed.keys)
    for name in try Project.names(in: "Sources") {
      #expect(targets.contains(name) || manifest.contains("name: \"\(name)\""), "Sources/\(name)")
    }
    for name in targets { #expect(Project.exists("Sources/\(name)"), "\(name)") }
    for name in try Project.names(in: "Tests")
    where !["Fixtures", "Sanitizers", "Torture"].contains(name) {
      let subject = name.replacing(#/Tests$/#, with: "")
      #expect(
        manifest.contains("of: \"\(subject)\"") || manifest.contains("name: \"\(name)\""),
        "Tests/\(name)")
    }
  }

  @Test
  func `git ignores what is fetched and built`() throws {
    let ignored = try Project.text(".gitignore").split(separator: "\n")
    for pattern in [".build/", "Package.resolved", "Weights/*", "!Weights/fetch", "/out/"] {
      #expect(ignored.contains { $0 == pattern }, "\(pattern)")
    }
  }
}
