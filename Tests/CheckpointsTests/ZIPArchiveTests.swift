import ArrayFiles
import Checkpoints
import Support
import Testing

@Suite("ZIP archives") struct ZIPArchiveTests {
  /// One member as an archive has it; fields that lie are the tests' business.
  struct Member {
    var name = "a"
    var data: [UInt8] = [1, 2, 3]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var size: UInt32?
    var header: UInt32?
    var extra: [UInt8] = []

    var local: [UInt8] {
      // Sizes and checksum are left out, as by writers that cannot go back.
      littleEndian(UInt32(0x0403_4b50)) + [UInt8](repeating: 0, count: 22)
        + littleEndian(UInt16(name.utf8.count)) + littleEndian(UInt16(4)) + Array(name.utf8)
        + [0x46, 0x42, 0, 0] + data
    }

    func entry(at offset: Int) -> [UInt8] {
      let size = size ?? UInt32(data.count)
      return littleEndian(UInt32(0x0201_4b50)) + [0, 0, 0, 0] + littleEndian(flags)
        + littleEndian(method) + [UInt8](repeating: 0, count: 8)
        + littleEndian(size) + littleEndian(size) + littleEndian(UInt16(name.utf8.count))
        + littleEndian(UInt16(extra.count)) + [UInt8](repeating: 0, count: 10)
        + littleEndian(header ?? UInt32(offset)) + Array(name.utf8) + extra
    }
  }

  static func archive(_ members: [Member], isLarge: Bool = false, comment: [UInt8] = []) -> [UInt8]
  {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for member in members {
      directory += member.entry(at: bytes.count)
      bytes += member.local
    }
    let (start, count) = (bytes.count, members.count)
    bytes += directory
    if isLarge {
      let record = bytes.count
      bytes +=
        littleEndian(UInt32(0x0606_4b50)) + littleEndian(UInt64(44))
        + [UInt8](repeating: 0, count: 12) + littleEndian(UInt64(count))
        + littleEndian(UInt64(count)) + littleEndian(UInt64(directory.count))
        + littleEndian(UInt64(start))
      bytes +=
        littleEndian(UInt32(0x0706_4b50)) + [0, 0, 0, 0] + littleEndian(UInt64(record))
        + littleEndian(UInt32(1))
    }
    let full = isLarge ? UInt32.max : nil
    return bytes + littleEndian(UInt32(0x0605_4b50)) + [0, 0, 0, 0]
      + littleEndian(isLarge ? UInt16.max : UInt16(count))
      + littleEndian(isLarge ? UInt16.max : UInt16(count))
      + littleEndian(full ?? UInt32(directory.count)) + littleEndian(full ?? UInt32(start))
      + littleEndian(UInt16(comment.count)) + comment
  }

  private func open(_ bytes: [UInt8]) throws -> ZIPArchive {
    try ZIPArchive(ByteArray(bytes))
  }

  @Test(arguments: [false, true])
  func `members are found by the directory alone`(isLarge: Bool) throws {
    let members = [Member(), Member(name: "b/c", data: []), Member(name: "d", data: [9])]
    let comment = Array("a comment, PK\u{5}\u{6}".utf8)
    let archive = try open(Self.archive(members, isLarge: isLarge, comment: comment))
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
    let archive = try open(Self.archive([member]))
    #expect(archive.members["a"]?.size == 3)
    #expect(throws: CheckpointError.self) {
      try open(Self.archive([Member(size: .max, header: .max, extra: Array(extra.dropLast(8)))]))
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
    #expect(throws: CheckpointError.self) { try open(Self.archive(members)) }
  }

  @Test
  func `deflated bytes are held against their size before and after`() throws {
    // What zlib makes of 1,000 zeros.
    let zeros: [UInt8] = [0x63, 0x60, 0x18, 0x05, 0xA3, 0x60, 0x14, 0x0C, 0x77, 0x00, 0x00]
    func contents(_ size: Int, _ data: [UInt8]) throws -> [UInt8] {
      // Stored and contents' sizes differ, so the member is put together by hand.
      var bytes = Self.archive([Member(data: data, method: 8)])
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
