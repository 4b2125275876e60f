import Files
import Foundation
import Sharing
import Testing

@Suite("Child program", .timeLimit(.minutes(1))) struct ChildProgramTests {
  @Test(arguments: [0, 1, 1000, ChildProgram.pipeBytes])
  func `Child program: it gets its input, and all that it writes is taken`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let one = try ChildProgram.run(["cat"], input: bytes)
    #expect(one.status == 0 && one.output == bytes && one.errors.isEmpty)
    // More than a pipe holds.
    let script = "cat >&2; head -c 1000000 /dev/zero"
    let many = try ChildProgram.run(["sh", "-c", script], input: bytes)
    #expect(many.output == [UInt8](repeating: 0, count: 1_000_000) && many.errors == bytes)
  }

  @Test func `Child program: its status is told, and the signal that ended it`() throws {
    #expect(try ChildProgram.run(["sh", "-c", "exit 7"], input: []).status == 7)
    #expect(try ChildProgram.run(["sh", "-c", "kill -9 $$"], input: []).status == 137)
    // One that reads nothing.
    let bytes = [UInt8](repeating: 1, count: ChildProgram.pipeBytes)
    #expect(try ChildProgram.run(["true"], input: bytes).status == 0)
  }

  @Test func `Child program: one that is not there, and too much for it, are refused`() {
    #expect(throws: FileError.refused(path: "no-such-program", code: ENOENT)) {
      try ChildProgram.run(["no-such-program"], input: [])
    }
    let limit = ChildProgram.pipeBytes
    #expect(throws: FileError.tooLarge(path: "cat", limit: limit)) {
      try ChildProgram.run(["cat"], input: [UInt8](repeating: 0, count: limit + 1))
    }
  }

  @Test func `Child program: it has our variables, and no signal that we mind`()
    throws
  {
    let told = { (words: String...) in
      String(decoding: try ChildProgram.run(words, input: []).output, as: UTF8.self)
    }
    let path = try told("sh", "-c", "printf %s \"$PATH\"")
    #expect(path == ProcessInfo.processInfo.environment["PATH"])
    // Those that exist before the C library's own, 32 and 33.
    let signals = try told("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
    let sets = signals.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0, radix: 16) }
    #expect(sets.map { $0 & 0x7fff_ffff } == [0, 0], "\(signals)")
  }
}
