import API
import Eyepiece
import Foundation
import Imaging
import Support
import Testing
import Transport

@Suite("Doctor", .timeLimit(.minutes(3))) struct DoctorTests {
  private let folder = TemporaryFolder()

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
  }

  /// The findings by their subjects.
  private func examine(
    _ words: String...
  ) throws -> (status: Int32, findings: [String: String], text: String) {
    let result = try Program(["doctor", "--port", "0"] + words).end()
    var findings: [String: String] = [:]
    for line in result.output.split(separator: "\n") {
      let parts = [line.prefix(6), line.dropFirst(6).prefix(14), line.dropFirst(20)]
        .map { $0.trimmingCharacters(in: .whitespaces) }
      findings[parts[1]] = "\(parts[0]) \(parts[2])"
    }
    return (result.status, findings, result.output + result.errors)
  }

  static let subjects: Set<String> = [
    "clock", "processor", "blas", "precision", "memory", "descriptors", "access", "port", "store",
    "jobs", "weights", "self-test", "gpu",
  ]

  @Test(.enabled(if: Program.haveWeights(for: "Doctor")))
  func `a machine that is well is told so, a line for each thing`() throws {
    let store = "\(folder.path)/new/store"
    let (status, findings, text) = try examine(
      "--weights", Program.weights.path, "--store", store, "--threads", "1",
      "--working-memory", "1048576", "--memory-bytes", "0", "--model-bytes", "0",
      "--body-memory", "1", "--disk-bytes",
      "1048576")
    #expect(status == 0, "\(text)")
    #expect(Set(findings.keys) == Self.subjects, "\(text)")
    #expect(!findings.values.contains { $0.hasPrefix("BAD") }, "\(text)")
    for subject in ["weights", "self-test", "access", "port", "memory", "store"] {
      #expect(findings[subject]?.hasPrefix("ok") == true, "\(subject): \(text)")
    }
    #expect(!FileManager.default.fileExists(atPath: store))
  }

  @Test func `each thing that is wrong is told with its reason, and the exit status`() throws {
    let file = "\(folder.path)/file"
    try Data("x".utf8).write(to: URL(filePath: file))
    let (status, findings, text) = try examine(
      "--weights", folder.path, "--store", "\(file)/store", "--host", "0.0.0.0",
      "--working-memory", "\(1 << 44)", "--token-file", "\(folder.path)/none")
    #expect(status == 1)
    for (subject, words) in [
      ("weights", "--weights names"), ("store", "no folder"), ("access", "No such file"),
      ("memory", "working-memory twice alone"),
      ("self-test", "could not be computed"),
    ] {
      let finding = findings[subject] ?? ""
      #expect(finding.hasPrefix("BAD") && finding.contains(words), "\(subject): \(text)")
    }
  }

  @Test func `where jobs are kept is told, and what keeps them from being kept`() throws {
    func jobs(_ words: String...) throws -> String? {
      let result = try Program(["doctor", "--port", "0", "--weights", folder.path] + words).end()
      return result.output.split(separator: "\n").first { $0.dropFirst(6).hasPrefix("jobs ") }
        .map { "\($0)" }
    }
    let nowhere = try jobs("--store", "none", "--jobs", "none") ?? ""
    #expect(nowhere.hasPrefix("note") && nowhere.contains("none are kept"), "\(nowhere)")
    let store = "\(folder.path)/store"
    try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
    let fresh = try jobs("--store", store, "--jobs", store) ?? ""
    #expect(fresh.hasPrefix("ok") && fresh.hasSuffix("jobs.sqlite will be made"), "\(fresh)")
    try Data(count: 2048).write(to: URL(filePath: "\(store)/jobs.sqlite"))
    let kept = try jobs("--store", store, "--jobs", store) ?? ""
    #expect(kept.hasPrefix("ok") && kept.hasSuffix("jobs.sqlite: 2 KiB"), "\(kept)")
    let away = try jobs("--store", store, "--jobs", "postgres://ada:secret@127.0.0.1:1/jobs") ?? ""
    #expect(away.hasPrefix("BAD") && away.contains("127.0.0.1"), "\(away)")
    #expect(!away.contains("secret"), "\(away)")
  }

  @Test(arguments: [-3600.0, 30, 3600])
  func `a clock is told that is behind what is here`(seconds: Double) throws {
    let file = "\(folder.path)/tokens.json"
    let created = Date(
      timeIntervalSince1970: (Date().timeIntervalSince1970 + seconds).rounded())
    _ = try TokenFile(file).change { list throws(TokenError) in
      try list.add("ada", created: created)
    }
    let (_, findings, text) = try examine(
      "--weights", folder.path, "--store", "none", "--token-file", file)
    let clock = findings["clock"] ?? ""
    // A minute is left to other machines' clocks.
    if seconds > 60 {
      #expect(clock.hasPrefix("BAD") && clock.contains("files are of"), "\(text)")
      #expect(clock.contains(created.formatted(.iso8601)), "\(text)")
    } else {
      #expect(clock.hasPrefix("ok 20"), "\(text)")
    }
  }

  @Test func `a port that is taken is told`() throws {
    let listener = try Listener(
      host: "127.0.0.1", port: 0, on: EventLoop(label: "eyepiece.tests"))
    defer { listener.close() }
    let result = try Program(
      "doctor", "--weights", folder.path, "--store", "none", "--port", "\(listener.address.port)"
    ).end()
    #expect(result.status == 1)
    #expect(result.output.contains("\(listener.address) cannot be had"), "\(result.output)")
  }

  @Test func `weights that are not the card's are told`() throws {
    let path = "\(folder.path)/dinov2_vits14.safetensors"
    try Data("other".utf8).write(to: URL(filePath: path))
    let (status, findings, text) = try examine("--weights", folder.path, "--store", "none")
    #expect(status == 1)
    #expect(findings["weights"]?.contains("its card says 5fd22438") == true, "\(text)")
  }

  @Test func `the picture that it knows is the same everywhere`() throws {
    let picture = SelfTest.picture
    guard case .uint8(let samples) = picture.samples else {
      Issue.record("other samples")
      return
    }
    #expect(samples.count == 70 * 56)
    #expect(samples.reduce(0) { $0 + Int($1) } == 474_858)
    #expect(Set(samples).count > 100)
  }

  @Test func `other numbers, or fewer, are no known answer`() throws {
    try #require(SelfTest.values.count == 12)
    #expect(SelfTest.difference(SelfTest.values) == 0)
    #expect(SelfTest.difference([]) == .infinity)
    var values = SelfTest.values
    values[3] += 0.25
    #expect(abs(SelfTest.difference(values) - 0.25) < 1e-5)
    values[3] = .nan
    #expect(SelfTest.difference(values) == .infinity)
  }
}
