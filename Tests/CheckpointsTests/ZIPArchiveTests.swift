import Tensors
import Checkpoints
import Support
import Testing

@Suite("ZIP archives") struct ZIPArchiveTests {
  typealias Member = ForgedZIP.Member

  private func open(_ bytes: [UInt8]) throws -> ZIPArchive {
    try ZIPArchive(ByteArray(bytes))
  }

  @Test(arguments: [false, true])
  func `members are found by the directory alone`(isLarge: Bool) throws {
    let members = [Member(), Member(name: "b/c", data: []), Member(name: "d", data: [9])]
    let comment = Array("a comment, PK\u{5}\u{6}".utf8)
    let archive = try open(ForgedZIP(members, isLarge: isLarge, comment: comment).bytes)
    #expect(Set(archive.members.keys) == ["a", "b/c", "d"])
    for member in members {
      let found = try #require(archive.members[member.name])
      #expect(try archive.contents(of: found, within: .line) == member.data)
    }
  }

  @Test
  func `sizes that exceed 32 bits are in the extra field`() throws {
    let extra =
      littleEndian(UInt16(7)) + littleEndian(UInt16(1)) + [0]
      + littleEndian(UInt16(1)) + littleEndian(UInt16(24))
      + littleEndian(UInt64(3)) + littleEndian(UInt64(3)) + littleEndian(UInt64(0))
    let member = Member(size: .max, header: .max, extra: extra)
    let archive = try open(ForgedZIP([member]).bytes)
    #expect(archive.members["a"]?.size == 3)
    #expect(throws: CheckpointError.self) {
      try open(ForgedZIP([Member(size: .max, header: .max, extra: Array(extra.dropLast(8)))]).bytes)
    }
  }

  static let broken: [(name: String, members: [Member])] = [
    ("encrypted", [Member(flags: 1)]), ("a method that is not read", [Member(method: 12)]),
    ("longer than the file", [Member(size: 1 << 30)]),
    ("into the directory", [Member(size: 4)]), ("a header elsewhere", [Member(header: 1)]),
    ("two of one name", [Member(), Member()]),
    ("one inside the other", [Member(), Member(name: "b", header: 0)]),
  ]

  @Test(arguments: broken)
  func `a directory that lies is refused`(name: String, members: [Member]) {
    #expect(throws: CheckpointError.self) { try open(ForgedZIP(members).bytes) }
  }

  @Test
  func `deflated bytes are held against their size before and after`() throws {
    // What zlib makes of 1,000 zeros.
    let zeros: [UInt8] = [0x63, 0x60, 0x18, 0x05, 0xA3, 0x60, 0x14, 0x0C, 0x77, 0x00, 0x00]
    func contents(_ size: Int, _ data: [UInt8]) throws -> [UInt8] {
      // Stored and contents' sizes differ, so the member is put together by hand.
      var bytes = ForgedZIP([Member(data: data, method: 8)]).bytes
      let place = bytes.count - 22 - 47 + 24
      bytes.replaceSubrange(place..<place + 4, with: littleEndian(UInt32(size)))
      let archive = try open(bytes)
      return try archive.contents(of: try #require(archive.members["a"]), within: .pickle)
    }
    #expect(try contents(1000, zeros) == [UInt8](repeating: 0, count: 1000))
    for size in [0, 999, 1001, 20_000] {
      #expect(throws: CheckpointError.malformed(.malformedDeflation(bytes: 11, wanted: size))) {
        try contents(size, zeros)
      }
    }
    #expect(throws: CheckpointError.limitExceeded(.pickle, count: 1 << 30)) {
      try contents(1 << 30, zeros)
    }
    #expect(throws: CheckpointError.self) { try contents(1000, Array(zeros.dropLast())) }
  }
}
