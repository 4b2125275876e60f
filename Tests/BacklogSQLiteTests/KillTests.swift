import Backlog
import BacklogLaws
import BacklogSQL
import BacklogSQLite
import Foundation
import Support
import Testing

/// A backlog whose process is killed.
@Suite("SQLite backlog, kills", .timeLimit(.minutes(5))) struct KillTests {
  /// The program beside the one that runs the tests.
  static var program: String {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "BacklogTorture").path
  }

  /// Starts a program; gives what it prints.
  private static func start(_ command: [String]) throws -> (process: Process, output: FileHandle) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    return (process, pipe.fileHandleForReading)
  }

  @Test
  func `SQLite backlog: kills at any moment lose nothing that was told, and double nothing`() throws
  {
    let (folder, seed) = (TemporaryFolder(), Chosen.seed)
    print("KILLED: with seed \(seed)")
    let (process, output) = try Self.start(
      [Self.program, "cycles", folder.path, "\(Chosen.kills(10))", "\(seed)"])
    let text = String(decoding: output.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("lost 0 double 0 unsound 0"), "\(text)")
  }

  /// A seam, a call, and what is there after a kill: states, and whether the submission is.
  static let seams: [(seam: String, call: String, states: [JobState], epoch: Int, isWished: Bool)] =
    [
      ("before", "enqueue", [], 0, false), ("written", "enqueue", [], 0, false),
      ("committed", "enqueue", [.waiting, .waiting, .waiting], 0, false),
      ("before", "claim", [.waiting, .waiting, .waiting], 0, false),
      ("written", "claim", [.waiting, .waiting, .waiting], 0, false),
      ("committed", "claim", [.waiting, .waiting, .waiting], 1, false),
      ("before", "finish", [.waiting, .waiting, .waiting], 1, false),
      ("written", "finish", [.waiting, .waiting, .waiting], 1, false),
      ("committed", "finish", [.done, .waiting, .waiting], 1, false),
      ("before", "cancel", [.waiting, .waiting, .waiting], 1, false),
      ("written", "cancel", [.waiting, .waiting, .waiting], 1, false),
      ("committed", "cancel", [.cancelled, .waiting, .waiting], 1, true),
    ]

  @Test(arguments: seams.indices)
  func `SQLite backlog: a kill at any seam leaves a call whole or undone`(index: Int) throws {
    let expected = Self.seams[index]
    let folder = try JobsFolder()
    let (process, output) = try Self.start(
      [Self.program, "stop", folder.folder.path, expected.seam, expected.call])
    var text = ""
    while !text.contains("reached") {
      let data = output.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(text == "reached\n")
    let backlog = try folder.open()
    let jobs = try backlog.all().sorted { $0.sequence < $1.sequence }
    #expect(jobs.map(\.state) == expected.states)
    #expect((jobs.first?.epoch ?? 0) == expected.epoch)
    #expect((jobs.first?.isCancelWished ?? false) == expected.isWished)
    // Who repeats a submission that was not answered finds it, or makes it.
    let key = Submission.Key("key", print: Samples.digest("key"))
    let receipt = try backlog.enqueue(Samples.batch(0..<3, key: key))
    #expect(receipt.isReplayed == !expected.states.isEmpty)
    #expect(try backlog.all().count == 3 && backlog.problems().isEmpty)
    backlog.close()
  }

  @Test
  func `SQLite backlog: a full disk refuses what is new, and goes on when there is room`() throws {
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let mount = "mount -t tmpfs -o size=6m tmpfs \"$0\" || exit 75; exec \"$1\" fill \"$0\""
    let (process, output) = try Self.start(
      ["/usr/bin/unshare", "-m", "sh", "-c", mount, folder.path, Self.program])
    let text = String(decoding: output.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus == 75 || process.terminationStatus == 1 && text.isEmpty {
      return print("SKIPPED: no small disk can be mounted here")
    }
    #expect(process.terminationStatus == 0 && text.hasPrefix("filled"), "\(text)")
  }
}
