import Files
import Foundation
import Glibc
import Cache
import StoreTorture
import Support
import Testing

/// A store whose process is killed while it writes.
@Suite("Disk store, kills", .timeLimit(.minutes(5))) struct KillTests {
  /// Versions by number, as the program has told them.
  private typealias Told = [Int: [Int]]

  /// The program beside the one that runs the tests.
  private static var program: String {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "StoreTorture").path
  }

  private static func start(
    _ folder: TestFolder, budget: Int, first: Int, count: Int, before: String = ""
  ) throws -> (process: Process, output: FileHandle) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c", "\(before) exec \"$0\" \"$@\"", program, folder.path, "\(budget)", "\(first)",
      "\(count)",
    ]
    process.standardOutput = pipe
    try process.run()
    return (process, pipe.fileHandleForReading)
  }

  private static func told(_ lines: String, _ outcome: String) -> Told {
    var told: Told = [:]
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[2] == outcome, let number = Int(words[0]),
        let version = Int(words[1])
      else { continue }
      told[number, default: []].append(version)
    }
    return told
  }

  /// Kills a program at some moment after it told of some entries; returns what it told.
  private static func lines(
    from folder: TestFolder, budget: Int, first: Int, chance: inout SeededNumbers
  ) throws -> String {
    let (process, output) = try start(folder, budget: budget, first: first, count: 100_000)
    let wanted = 1 + chance.below(12)
    var data = Data()
    while data.count(where: { $0 == UInt8(ascii: "\n") }) < wanted {
      let piece = output.availableData
      if piece.isEmpty { break }
      data += piece
    }
    usleep(UInt32(chance.below(8000)))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    data += output.readDataToEndOfFile()
    return String(decoding: data, as: UTF8.self)
  }

  @Test(arguments: [1 << 30, 6_000_000])
  func `after a kill every entry served is whole, and nothing else is left`(budget: Int) throws {
    let folder = TestFolder()
    var chance = SeededNumbers(seed: budget)
    var latest: [Int: Int] = [:]
    var (interrupted, checked, round) = (0, 0, 0)
    // Where writing takes no time, it is seldom interrupted.
    while round < 25 || round < 500 && (interrupted == 0 || checked <= 50) {
      round += 1
      let lines = try Self.lines(
        from: folder, budget: budget, first: round * 100_000, chance: &chance)
      for (number, versions) in Self.told(lines, "stored") { latest[number] = versions.max() }
      #expect(Self.told(lines, "failed").isEmpty)
      if !folder.temporaries().isEmpty { interrupted += 1 }
      let store = try folder.store(budget: budget)
      #expect(folder.temporaries().isEmpty && store.totalBytes == folder.footprint())
      #expect(store.totalBytes <= budget)
      for key in folder.keys(in: Draft.namespace) {
        let bytes = try #require(store.read(key, in: Draft.namespace))
        let draft = try #require(Draft(claimedBy: bytes))
        #expect(draft.key == key && draft.bytes == bytes)
        #expect(draft.version >= latest[draft.number] ?? 0, "an older version came back")
        checked += 1
      }
      if budget == 1 << 30 {
        let numbers = latest.keys.filter {
          !store.contains(Draft(number: $0, version: 0).key, in: Draft.namespace)
        }
        #expect(numbers.isEmpty, "told to be stored, and lost")
      }
      #expect(store.counts.damaged == 0 && store.counts.failedReads == 0)
    }
    #expect(interrupted > 0 && checked > 50, "\(interrupted) interrupted, \(checked) checked")
  }

  @Test
  func `where a file cannot grow, small entries are kept and large ones fail`() throws {
    let folder = TestFolder()
    // 32 or 64 KiB, by the shell; a write beyond fails, when its signal is ignored.
    let (process, output) = try Self.start(
      folder, budget: 1 << 30, first: 1, count: 40, before: "ulimit -f 64; trap '' XFSZ;")
    let lines = String(decoding: output.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    let (stored, failed) = (Self.told(lines, "stored"), Self.told(lines, "failed"))
    #expect(!stored.isEmpty && failed.values.joined().contains { $0 % 8 == 0 })
    #expect(folder.temporaries().isEmpty)
    let store = try folder.store()
    #expect(folder.keys(in: Draft.namespace).count == stored.count)
    for (number, versions) in stored {
      let draft = Draft(number: number, version: versions.max() ?? 0)
      #expect(store.read(draft.key, in: Draft.namespace) == draft.bytes)
    }
    #expect(store.counts.damaged == 0)
  }
}
