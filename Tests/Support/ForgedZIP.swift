/// A ZIP archive made of its members, whose fields may lie.
package struct ForgedZIP {
  /// One member as an archive has it.
  package struct Member: Sendable {
    package let name: String
    package let data: [UInt8]
    private let method, flags: UInt16
    private let size, header: UInt32?
    private let extra: [UInt8]

    package init(
      name: String = "a", data: [UInt8] = [1, 2, 3], method: UInt16 = 0, flags: UInt16 = 0,
      size: UInt32? = nil, header: UInt32? = nil, extra: [UInt8] = []
    ) {
      (self.name, self.data, self.method, self.flags) = (name, data, method, flags)
      (self.size, self.header, self.extra) = (size, header, extra)
    }
  }

  private let members: [Member]
  private let isLarge: Bool
  private let comment: [UInt8]

  /// `isLarge` says whether the end of the archive is one for more than 32 bits.
  package init(_ members: [Member], isLarge: Bool = false, comment: [UInt8] = []) {
    (self.members, self.isLarge, self.comment) = (members, isLarge, comment)
  }
}

extension ForgedZIP {
  package var bytes: [UInt8] {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for member in members {
      directory += member.entry(at: bytes.count)
      bytes += member.local
    }
    let (start, length) = (bytes.count, directory.count)
    bytes += directory
    if isLarge { bytes += largeEnd(at: bytes.count, start: start, length: length) }
    let count = littleEndian(isLarge ? UInt16.max : UInt16(members.count))
    return bytes + littleEndian(UInt32(0x0605_4b50)) + [0, 0, 0, 0] + count + count
      + littleEndian(isLarge ? UInt32.max : UInt32(length))
      + littleEndian(isLarge ? UInt32.max : UInt32(start))
      + littleEndian(UInt16(comment.count)) + comment
  }

  private func largeEnd(at place: Int, start: Int, length: Int) -> [UInt8] {
    let count = littleEndian(UInt64(members.count))
    return littleEndian(UInt32(0x0606_4b50)) + littleEndian(UInt64(44))
      + [UInt8](repeating: 0, count: 12) + count + count
      + littleEndian(UInt64(length)) + littleEndian(UInt64(start))
      + littleEndian(UInt32(0x0706_4b50)) + [0, 0, 0, 0] + littleEndian(UInt64(place))
      + littleEndian(UInt32(1))
  }
}

extension ForgedZIP.Member {
  /// Sizes and checksum are left out, as by writers that cannot go back.
  fileprivate var local: [UInt8] {
    littleEndian(UInt32(0x0403_4b50)) + [UInt8](repeating: 0, count: 22)
      + littleEndian(UInt16(name.utf8.count)) + littleEndian(UInt16(4)) + Array(name.utf8)
      + [0x46, 0x42, 0, 0] + data
  }

  fileprivate func entry(at offset: Int) -> [UInt8] {
    let size = littleEndian(size ?? UInt32(data.count))
    return littleEndian(UInt32(0x0201_4b50)) + [0, 0, 0, 0] + littleEndian(flags)
      + littleEndian(method) + [UInt8](repeating: 0, count: 8) + size + size
      + littleEndian(UInt16(name.utf8.count)) + littleEndian(UInt16(extra.count))
      + [UInt8](repeating: 0, count: 10) + littleEndian(header ?? UInt32(offset))
      + Array(name.utf8) + extra
  }
}
