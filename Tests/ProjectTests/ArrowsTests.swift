import Testing

@Suite("Allowed arrows") struct ArrowsTests {
  @Test
  func `every import is an allowed arrow`() throws {
    let files = Project.swiftFiles(under: "Sources")
    #expect(files.count > 20, "where are the sources?")
    for path in files {
      let strangers = Arrows.strangers(in: path, try Project.text(path))
      #expect(strangers.isEmpty, "\(path) imports \(strangers.sorted())")
    }
  }

  @Test
  func `the manifest declares the same arrows`() throws {
    let declared = Arrows.declared(in: try Project.text("Package.swift"))
    #expect(Set(declared.keys) == Set(Arrows.allowed.keys))
    for (target, arrows) in Arrows.allowed {
      #expect(declared[target] == arrows, "\(target)")
    }
  }

  @Test
  func `the map for newcomers shows the same arrows`() throws {
    let map = try Project.text("docs/architecture.md")
      .matches(of: #/(?m)^(\w+) +→ ([\w, ]+)$/#)
    let shown = map.map { (String($0.output.1), String($0.output.2)) }
    #expect(
      Set(shown.map(\.0)) == Set(Arrows.allowed.keys).subtracting(["Eyepiece", "EyepieceBench"]))
    for (target, list) in shown {
      let arrows = list == "nothing" ? [] : list.split(separator: ", ").map { String($0) }
      #expect(Set(arrows) == Arrows.allowed[target], "\(target)")
    }
  }

  @Test
  func `the arrows run in no circle`() {
    var left = Arrows.allowed
    while let free = left.first(where: { $0.value.allSatisfy { left[$0] == nil } })?.key {
      left[free] = nil
    }
    #expect(left.isEmpty, "\(left.keys.sorted())")
  }

  @Test(arguments: [
    ("Sources/Fields/A.swift", "package import VisionTransformers", ["VisionTransformers"]),
    ("Sources/API/A.swift", "import Foundation\nimport struct Transport.Socket", ["Transport"]),
    ("Sources/Scheduling/A.swift", "@preconcurrency internal import HTTP1", ["HTTP1"]),
    ("Sources/Unknown/A.swift", "", ["Sources/Unknown/A.swift?"]),
    (
      "Sources/Fields/A.swift",
      "// import Scheduling\nimport Encoders\nlet a = \"\nimport Scheduling\"",
      ["Scheduling"]
    ),
    ("Sources/Fields/A.swift", "// import Scheduling\nimport Encoders", []),
  ])
  func `a forbidden import is seen`(path: String, text: String, strangers: [String]) {
    #expect(Arrows.strangers(in: path, text) == Set(strangers))
  }

  @Test
  func `a manifest's arrows are read under the modules' names`() {
    let manifest = """
      let logging = Target.Dependency.product(
        name: "Logging", package: "swift-log")
      target("A"), target(
        "B",
        dependsOn: [
          "A", logging,
        ]),
      .executableTarget(
        name: "C", dependencies: ["B"], swiftSettings: strict)
      """
    #expect(Arrows.declared(in: manifest) == ["A": [], "B": ["A", "Logging"], "C": ["B"]])
  }
}
