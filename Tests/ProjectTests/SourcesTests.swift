import Testing

/// What neither the compiler nor `swift format` can refuse.
@Suite("Sources") struct SourcesTests {
  /// Words that code may use in some files alone.
  private struct Rule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let pattern: String
    /// Beginnings of the paths where it may stand.
    let allowed: [String]
  }

  private static let programs = ["Sources/Eyepiece/", "Sources/EyepieceBench/"]

  private static let rules = [
    Rule(
      testDescription: "pointers stay with what wraps C or the kernel",
      pattern: #"\bunsafe\b(?!.*\b(asUnowned|runSynchronously))"#,
      allowed: [
        "LinearAlgebra/", "Files/", "Tensors/CRC32", "Tensors/Deflation",
        "Tensors/Inflation",
        "ImageCodecs/NativeCalls", "ImageCodecs/PNG", "ImageCodecs/JPEG", "ImageCodecs/TIFFDecoder",
        "ImageCodecs/GIFDecoder", "ImageCodecs/WebPDecoder", "Cache/EntryReader",
        "Cache/EntryWriter", "Scheduling/MemoryReserve", "Transport/DescriptorLimit",
        "Transport/NotifySocket", "Transport/Poller", "Transport/Socket", "Transport/TLSContext",
        "Transport/TLSSession", "BacklogSQLite/SQLiteConnection",
        "BacklogSQLite/NetworkFileSystem", "BacklogPostgres/PostgresConnection", "GPU/Driver",
        "Sharing/ChildProgram", "GPU/CardWorker", "GPU/Channel", "GPU/Context", "GPU/Kernel",
        "GPU/ServerWatch", "GPU/SharedMemory",
      ].map { "Sources/\($0)" }),
    Rule(
      testDescription: "nothing but a program prints or ends the process",
      pattern: #"\b(fatalError|assertionFailure|abort|exit|print|debugPrint|dump|NSLog|puts)\("#,
      allowed: programs),
    // A computation that many wait for, or none, belongs to none of them, and neither does the end of
    // a job's wait.
    Rule(
      testDescription: "tasks belong to groups",
      pattern: #"\bTask(\.detached|\.immediate)?\s*(<[^>]*>)?\s*(\([^)]*\))?\s*\{"#,
      allowed: programs + [
        "Sources/Scheduling/SingleFlight.swift", "Sources/Scheduling/JobQueue.swift",
        "Sources/Featurization/FieldMaker.swift",
      ]),
    Rule(
      testDescription: "no module has clients outside the package",
      pattern: #"^\s*(public|open) "#, allowed: []),
    Rule(
      testDescription: "no cast is forced, as `swift format` lets it be",
      pattern: #"\bas! "#, allowed: []),
  ]

  @Test(arguments: rules)
  private func `Sources: words stay in the files that may use them`(rule: Rule) throws {
    let pattern = try Regex(rule.pattern).wordBoundaryKind(.simple)
    let files = Project.files(under: "Sources")
    #expect(files.count > 20, "where are the sources?")
    for path in files where !rule.allowed.contains(where: path.hasPrefix) {
      for (number, line) in try Project.text(path).split(
        separator: "\n", omittingEmptySubsequences: false
      ).enumerated() {
        let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
        #expect(!code.contains(pattern), "\(path):\(number + 1)")
      }
    }
  }

  @Test
  func `Sources: what the compiler takes on trust says why`() throws {
    let promises = ["@unchecked ", "nonisolated(unsafe)", "@preconcurrency "]
    for path in Project.files(under: "Sources") {
      let lines = try Project.text(path).split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated()
      where promises.contains(where: line.contains) {
        // Comments and attributes.
        let above = lines[..<index].reversed().prefix {
          "/@".contains($0.first { $0 != " " } ?? "a")
        }
        let near = [line] + above + lines[(index + 1)...].prefix(1)
        #expect(near.contains { $0.contains("// SAFETY: ") }, "\(path):\(index + 1)")
      }
    }
  }

  @Test(arguments: ["Sources", "Tests"])
  func `Sources: a file is at most 400 lines, and leaves no work for later`(folder: String) throws {
    for path in Project.files(under: folder) {
      let text = try Project.text(path)
      #expect(text.count { $0.isNewline } <= 400, "\(path)")
      let isUnfinished = text.contains(#/\b(TO[D]O|FIXM[E]|XX[X]|HAC[K])\b/#)
      #expect(!isUnfinished, "\(path)")
    }
  }

  @Test
  func `Sources: every folder belongs to a target`() throws {
    let manifest = try Project.text("Package.swift")
    for name in try Project.names(in: "Sources") {
      let isTarget = manifest.contains(#""\#(name)""#)
      #expect(isTarget, "Sources/\(name)")
    }
    for name in try Project.names(in: "Tests")
    where !["Browser", "Fixtures", "Sanitizers", "Torture"].contains(name) {
      let subject = name.hasSuffix("Tests") ? String(name.dropLast(5)) : name
      let isTarget = manifest.contains(#""\#(subject)""#) || manifest.contains(#""\#(name)""#)
      #expect(isTarget, "Tests/\(name)")
    }
  }
}
