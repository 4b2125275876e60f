import Tensors
import Files

/// A ZIP archive: its members, found and checked before any is read.
///
/// Only the directory at the end counts. Local headers may hold zeros where the writer did not know
/// a size yet; of them only the lengths of name and extra field are used. Source: PKWARE's
/// APPNOTE 6.3, §4.3 and §4.5.3.
package struct ZIPArchive: Sendable {
  package struct Member: Hashable, Sendable {
    /// Bytes of the file that hold the member.
    package let range: Range<Int>
    package let isDeflated: Bool
    /// Bytes of its contents.
    package let size: Int
  }

  package let members: [String: Member]
  private let source: any ByteSource

  package init(_ source: any ByteSource) throws(CheckpointError) {
    self.source = source
    let directory = try ZIPDirectory(source)
    var members: [String: Member] = [:]
    var end = 0
    for entry in directory.entries.sorted(by: { $0.header < $1.header }) {
      // A header may follow its predecessor at once, but two may not share bytes.
      guard entry.header >= end else {
        throw .malformedArchive(offset: entry.header, expected: "a member behind the one before")
      }
      let range = try ZIPArchive.range(of: entry, in: source, before: directory.start)
      end = range.upperBound
      let member = Member(range: range, isDeflated: entry.isDeflated, size: entry.size)
      guard members.updateValue(member, forKey: entry.name) == nil else {
        throw .malformedArchive(offset: entry.header, expected: "a name of its own")
      }
    }
    self.members = members
  }

  /// A member's contents, of which there are at most as many bytes as the limit says.
  package func contents(
    of member: Member, within limit: CheckpointLimit
  ) throws(CheckpointError) -> [UInt8] {
    try limit.check(member.size)
    let bytes = try source.bytes(member.range)
    return member.isDeflated ? try inflated(bytes, to: member.size) : bytes
  }

  /// Where a member's bytes lie, behind its local header.
  private static func range(
    of entry: ZIPDirectory.Entry, in source: any ByteSource, before directory: Int
  ) throws(CheckpointError) -> Range<Int> {
    let header = try source.checkedBytes(from: entry.header, 30)
    guard header.integer(UInt32.self, at: 0) == 0x0403_4b50 else {
      throw .malformedArchive(offset: entry.header, expected: "a member's header")
    }
    let start =
      entry.header + 30 + Int(header.integer(UInt16.self, at: 26))
      + Int(header.integer(UInt16.self, at: 28))
    guard start <= directory, entry.stored <= directory - start else {
      throw .malformedArchive(offset: entry.header, expected: "a member before the directory")
    }
    return start..<start + entry.stored
  }
}

/// The bytes that a deflated run of bytes stands for, `count` of them.
func inflated(_ bytes: [UInt8], to count: Int) throws(CheckpointError) -> [UInt8] {
  do {
    return try Inflation.inflate(bytes, to: count)
  } catch {
    throw .malformed(error)
  }
}
