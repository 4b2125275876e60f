import Files
import Tensors

/// The bytes around the files of an archive, whose lengths are known before the first is made.
///
/// Before each file goes out what `begin` gives, then the file, each part of it shown to `pass`; what
/// `end` gives comes last.
struct ArchiveFrame: Sendable {
  enum Kind: Sendable {
    case tar
    /// Stored members, whose checksums follow them.
    case zip
  }

  private enum Layout: Sendable {
    case tar([TarMember])
    case zip(ZIPFrame)
  }

  /// Bytes of the whole archive.
  let length: Int
  private var layout: Layout
  private var begun = 0

  /// `members` in order, with the seconds since 1970 that a tar tells of them.
  init(_ kind: Kind, _ members: [(name: String, bytes: Int, modified: Int)]) {
    switch kind {
    case .tar:
      let files = members.map {
        TarMember(name: $0.name, bytes: $0.bytes, modified: $0.modified)
      }
      layout = .tar(files)
      length = files.reduce(TarMember.end.count) { $0 + $1.length }
    case .zip:
      let frame = ZIPFrame(members.map { ZIPFrame.File(name: $0.name, count: $0.bytes) })
      layout = .zip(frame)
      length = frame.length
    }
  }

  /// What stands before the next file, with what belongs behind the one before it.
  mutating func begin() -> [UInt8] {
    begun += 1
    switch layout {
    case .tar(let files):
      return (begun > 1 ? files[begun - 2].padding : []) + files[begun - 1].header
    case .zip(var frame):
      defer { layout = .zip(frame) }
      return frame.begin()
    }
  }

  /// Takes note of bytes of the file that was begun last.
  mutating func pass(_ bytes: [UInt8]) {
    guard case .zip(var frame) = layout else { return }
    frame.pass(bytes)
    layout = .zip(frame)
  }

  /// What stands behind the last file.
  func end() -> [UInt8] {
    switch layout {
    case .tar(let files): (files.last?.padding ?? []) + TarMember.end
    case .zip(let frame): frame.end()
    }
  }
}
