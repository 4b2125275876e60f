import Testing

@Suite("Dockerfile") struct DockerfileTests {
  /// Commands of the base images, and the program itself.
  static let atHand: Set<String> = [
    "apt-get", "eyepiece", "install", "rm", "sed", "swift", "useradd", "xargs",
  ]

  /// The package that brings a command which the base images lack.
  static let package = ["curl": "curl", "python3": "python3"]

  /// Names in a list of packages.
  static func packages(in text: String) -> Set<String> {
    let lines = text.split(separator: "\n").map { $0.prefix { $0 != "#" } }
    return Set(lines.map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty })
  }

  /// What is wrong with a Dockerfile, given the files that exist and the lists' packages.
  static func faults(
    _ text: String, exists: (String) -> Bool, packages: (String) -> Set<String>
  ) -> [String] {
    let file = Dockerfile(text)
    let names = Set(file.stages.map(\.name))
    return file.stages.flatMap { stage in
      let installed = stage.copied.filter { $0.hasPrefix("Config/packages-") }
        .reduce(into: Set<String>()) { $0.formUnion(packages($1)) }
      return stage.copied.filter { !exists($0) }
        + stage.from.filter { !names.contains($0) }
        + stage.commands.subtracting(atHand).sorted().filter { command in
          package[command].map { !installed.contains($0) } ?? true
        }
    }
  }

  @Test
  func `it copies what exists and calls what is installed`() throws {
    let text = try Project.text("Dockerfile")
    let faults = Self.faults(
      text, exists: Project.exists,
      packages: { Self.packages(in: (try? Project.text($0)) ?? "") })
    #expect(faults == [])
    #expect(Dockerfile(text).stages.count == 3)
    #expect(text.contains("USER eyepiece") && text.contains("EXPOSE 8471"))
  }

  @Test(arguments: [
    ("FROM a\nCOPY Missing .", ["Missing"]), ("FROM a\nRUN rm a \\\n  && wget b", ["wget"]),
    ("FROM a\nHEALTHCHECK --timeout=1s \\\n  CMD curl b", ["curl"]),
    ("FROM a\nCOPY Config/packages-run.txt /tmp/\nHEALTHCHECK CMD curl b", []),
    ("FROM a\nRUN cat a | xargs pip install", ["cat", "pip"]),
    ("FROM a AS b\nFROM c\nCOPY --from=b /x /y\nCOPY --from=d /x /y", ["d"]),
    ("FROM a\nENTRYPOINT [\"other\"]", ["other"]),
  ])
  func `a missing path, package or stage is seen`(text: String, faults: [String]) {
    let found = Self.faults(
      text, exists: { $0 == "Config/packages-run.txt" }, packages: { _ in ["curl"] })
    #expect(found == faults)
  }

  @Test
  func `the lists of packages are plain names, each once`() throws {
    let lists = try Project.names(in: "Config").filter { $0.hasPrefix("packages-") }
    #expect(lists == ["packages-build.txt", "packages-run.txt", "packages-weights.txt"])
    var seen: Set<String> = []
    for list in lists {
      let packages = Self.packages(in: try Project.text("Config/\(list)"))
      #expect(!packages.isEmpty)
      for name in packages {
        #expect(name.wholeMatch(of: #/[a-z0-9][a-z0-9.+\-]+/#) != nil, "\(name)")
        #expect(seen.insert(name).inserted, "\(name) is in two lists")
      }
    }
    #expect(Self.packages(in: "# a\nb # c\n\n d\n") == ["b", "d"])
  }
}
