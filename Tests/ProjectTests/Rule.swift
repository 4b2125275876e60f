/// A rule that a Swift file keeps or breaks, judged by its path and its text alone.
struct Rule: Sendable, CustomStringConvertible {
  typealias Example = (path: String, text: String)

  let description: String
  /// Numbers of the lines that break it.
  let violations: @Sendable (_ path: String, _ text: String) -> [Int]
  /// Files that keep it, close to those that break it.
  let kept: [Example]
  let broken: [Example]

  /// Forbids a pattern in code (not in comments and strings), except in the paths allowed.
  static func forbid(
    _ pattern: String, in description: String, allowed: [String] = [], exempt: String? = nil,
    kept: [Example], broken: [Example]
  ) -> Rule {
    Rule(
      description: description,
      violations: { path, text in
        guard !allowed.contains(where: path.hasPrefix) else { return [] }
        let code = code(of: text)
        let exempted = Set(exempt.map { code.lines(matching: $0) } ?? [])
        return code.lines(matching: pattern).filter { !exempted.contains($0) }
      }, kept: kept, broken: broken)
  }

  static let all: [Rule] = [
    unsafeAtHome, checkedByHand, nothingForced, nothingFatal, tasksBelongToGroups, noSingletons,
    nothingPublic, nothingPrints, noUnfinishedWork, length, name, openingComment,
  ]
}

extension Rule {
  /// What wraps C or the kernel, and what computes; an executor's hook may stand anywhere.
  static let unsafeAtHome = forbid(
    #"\b(unsafe|withUnsafe\w+|unsafeBitCast)\b|\b(Opaque|Unsafe\w*)Pointer\b|@safe\b"#,
    in: "pointers stay with what wraps C",
    allowed: [
      "Sources/LinearAlgebra/", "Sources/Files/",
      "Sources/Tensors/CRC32.swift", "Sources/Tensors/Inflation.swift",
      "Sources/ImageCodecs/NativeCalls.swift",
      "Sources/ImageCodecs/PNGEncoding.swift", "Sources/Cache/EntryReader.swift",
      "Sources/Cache/EntryWriter.swift", "Sources/Scheduling/MemoryReserve.swift",
      "Sources/Transport/DescriptorLimit.swift",
      "Sources/Transport/NotifySocket.swift", "Sources/Transport/Poller.swift",
      "Sources/Transport/Socket.swift",
      "Sources/Transport/TLSContext.swift", "Sources/Transport/TLSSession.swift",
    ],
    exempt: #"\b(asUnowned|runSynchronously)"#,
    kept: [
      ("Sources/LinearAlgebra/A.swift", "unsafe read(p)"),
      (
        "Sources/Scheduling/A.swift", "// unsafe\nlet a = \"unsafe\" /* unsafe */\nlet unsafely = 1"
      ),
      ("Sources/Scheduling/Queue.swift", "unsafe queue.asUnownedSerialExecutor()"),
    ],
    broken: [
      ("Sources/Scheduling/A.swift", "let x = unsafe read(p)"),
      ("Sources/Checkpoints/Weights.swift", "var p: UnsafePointer<Int>"),
      ("Sources/Transport/Listener.swift", "a.withUnsafeBytes { }"),
    ])

  /// Promises to the compiler give their reason above, beside or just below.
  static let checkedByHand = Rule(
    description: "what the compiler takes on trust says why",
    violations: { _, text in
      let promise = #"@unchecked\b|\bnonisolated\(unsafe\)|@preconcurrency\b"#
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return code(of: text).lines(matching: promise).filter { number in
        let above = lines[..<(number - 1)].reversed().prefix { line in
          let line = line.drop { $0 == " " }
          return line.hasPrefix("//") || line.hasPrefix("@")
        }
        let near = [lines[number - 1]] + above + lines[number...].prefix(1)
        return !near.contains { $0.contains("// SAFETY: ") }
      }
    },
    kept: [
      ("Sources/A/A.swift", "// SAFETY: locked\n// by a.\nfinal class A: @unchecked Sendable {}"),
      ("Sources/A/A.swift", "final class A: @unchecked Sendable {  // SAFETY: locked."),
      ("Sources/A/A.swift", "struct A: @unchecked Sendable {\n  // SAFETY: constant.\n  let a = 1"),
    ],
    broken: [
      ("Sources/A/A.swift", "/// Safe.\nfinal class A: @unchecked Sendable {}"),
      ("Sources/A/A.swift", "// SAFETY: other.\n\nnonisolated(unsafe) var a = 1"),
      ("Sources/A/A.swift", "let b = 1\n@preconcurrency import B"),
    ])

  static let nothingForced = forbid(
    #"[\w\)\]\}\"\?>]!(?!=)"#, in: "nothing is forced",
    kept: [
      ("Sources/A/A.swift", "if !a, a != b, a!=b {} // try! it"),
      ("Sources/A/A.swift", "let a = \"Stop!\""),
    ],
    broken: [
      ("Sources/A/A.swift", "let a = try! b()"), ("Sources/A/A.swift", "let a = b as! C"),
      ("Sources/A/A.swift", "let a = b!"), ("Sources/A/A.swift", "let a = b()!.c"),
      ("Sources/A/A.swift", "let a = b[0]! + 1"), ("Sources/A/A.swift", "var a: Int!"),
    ])

  static let nothingFatal = forbid(
    #"\b(fatalError|assertionFailure|abort|exit)\s*\("#, in: "nothing ends the process",
    allowed: ["Sources/Eyepiece/", "Sources/EyepieceBench/"],
    kept: [("Sources/A/A.swift", "preconditionFailure(\"fatalError()\")")],
    broken: [
      ("Sources/A/A.swift", "fatalError(\"no\")"),
      ("Sources/A/A.swift", "guard a else { exit(1) }"),
    ])

  /// A computation that many wait for belongs to none of them, and neither does the end of a
  /// job's wait: only `SingleFlight` and `JobQueue` have such.
  static let tasksBelongToGroups = forbid(
    #"\bTask(\.detached|\.immediate)?\s*(<[^>]*>)?\s*(\([^)]*\))?\s*\{"#,
    in: "tasks belong to groups",
    allowed: [
      "Sources/Eyepiece/", "Sources/Scheduling/SingleFlight.swift",
      "Sources/Scheduling/JobQueue.swift",
    ],
    kept: [
      ("Sources/A/A.swift", "group.addTask { }\nTask.isCancelled ? {} : {}\nstruct MyTask {"),
      ("Sources/Eyepiece/Signals.swift", "Task { }"),
    ],
    broken: [
      ("Sources/A/A.swift", "Task { await a() }"), ("Sources/A/A.swift", "Task.detached { }"),
      ("Sources/Cache/DiskStore.swift", "Task { await a() }"),
      ("Sources/A/A.swift", "let t = Task(priority: .low) {"),
      ("Sources/A/A.swift", "Task<Void, Never> {"),
    ])

  static let noSingletons = forbid(
    #"\bstatic\s+(let|var)\s+(shared|default|instance|current)\b.*=\s*\w*\(|\bstatic var [^{]*="#
      + #"|^(package |private |fileprivate |nonisolated\(unsafe\) )*var\b[^{]*="#,
    in: "no singletons, no global variables",
    kept: [
      ("Sources/A/A.swift", "static let limit = 8\nstatic var all: [A] { [] }\nlet a = 1"),
      ("Sources/A/A.swift", "static let current = all.first\nfunc f() {\n  var a = 1\n}"),
    ],
    broken: [
      ("Sources/A/A.swift", "static let shared = A()"), ("Sources/A/A.swift", "static var a = 1"),
      ("Sources/A/A.swift", "var cache: [Int] = []"),
      ("Sources/A/A.swift", "package var cache = 1"),
    ])

  static let nothingPublic = forbid(
    #"\b(public|open)\s+(final\s+|static\s+)*"#
      + #"(func|var|let|struct|class|enum|actor|protocol|extension|init|import|typealias)\b"#,
    in: "nothing is public",
    kept: [("Sources/A/A.swift", "/// A public struct.\npackage struct A { func open() {} }")],
    broken: [
      ("Sources/A/A.swift", "public struct A {}"), ("Sources/A/A.swift", "  open class A {}"),
      ("Sources/A/A.swift", "public static func a()"), ("Sources/A/A.swift", "public import B"),
    ])

  static let nothingPrints = forbid(
    #"\b(print|debugPrint|dump|NSLog|puts|printf)\("#, in: "nothing prints but the programs",
    allowed: ["Sources/Eyepiece/", "Sources/EyepieceBench/"],
    kept: [
      ("Sources/A/A.swift", "fingerprint(a)\n// print(a)"),
      ("Sources/Eyepiece/A.swift", "print(a)"),
    ],
    broken: [("Sources/A/A.swift", "print(a)"), ("Sources/A/A.swift", "  NSLog(\"a\")")])

  static let noUnfinishedWork = Rule(
    description: "no note of work undone",
    violations: { _, text in text.lines(matching: #"\b(TODO|FIXME|XXX|HACK)\b"#) },
    kept: [("Sources/A/A.swift", "// Todos are none.")],
    broken: [("Sources/A/A.swift", "// " + "TODO" + ": later"), ("Sources/A/A.swift", "// FIXME")])

  /// At most 400 lines.
  static let length = Rule(
    description: "a file is at most 400 lines",
    violations: { _, text in
      let count = text.split(separator: "\n", omittingEmptySubsequences: false).count
      return count > 401 ? [401] : []
    },
    kept: [("Sources/A/A.swift", String(repeating: "a\n", count: 400))],
    broken: [("Sources/A/A.swift", String(repeating: "a\n", count: 401))])

  static let name = Rule(
    description: "a file is named for its idea",
    violations: { path, _ in
      let vague = ["Utils", "Util", "Manager", "Helper", "Helpers", "Misc", "Common", "Empty"]
      return vague.contains { path.hasSuffix("\($0).swift") } ? [1] : []
    },
    kept: [("Sources/A/Managers/Rows.swift", ""), ("Sources/A/Utility.swift", "")],
    broken: [("Sources/A/StringUtils.swift", ""), ("Sources/A/JobManager.swift", "")])

  static let openingComment = Rule(
    description: "no licence header, author or date on top of a file",
    violations: { _, text in
      let top = text.prefix { !$0.isNewline }
      let isBlockOrRuler = top.hasPrefix("/*") || top.hasPrefix("//===") || top == "//"
      return isBlockOrRuler || top.contains("Copyright") || top.contains("Created by") ? [1] : []
    },
    kept: [("Sources/A/A.swift", "/// A matrix."), ("Sources/A/A.swift", "import B")],
    broken: [("Sources/A/A.swift", "//\n//  A.swift"), ("Sources/A/A.swift", "/* Licence */")])
}
