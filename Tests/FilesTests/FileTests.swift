import Files
import Foundation
import Support
import Testing

@Suite("File") struct FileTests {
  private let folder = TemporaryFolder()
  private let path: String

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    path = "\(folder.path)/a"
  }

  private func put(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// Sizes around that of a piece.
  @Test(arguments: [0, 1, 262_143, 262_144, 262_145, 600_001])
  func `File: its contents are all its bytes, unless they are more than the limit`(
    size: Int
  ) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    try put(bytes)
    #expect(try File(reading: path).contents(limit: size) == bytes)
    #expect(try File(streaming: path).contents(limit: .max) == bytes)
    if size > 0 {
      #expect(throws: FileError.tooLarge(path: path, limit: size - 1)) {
        try File(reading: path).contents(limit: size - 1)
      }
    }
    let file = try File(reading: path)
    #expect(file.status.bytes == size && file.status.isRegular)
    for range in [0..<0, 0..<size, size / 3..<size, size / 3..<size / 2] {
      #expect(try file.read(range) == Array(bytes[range]))
    }
    // Past its end a file has nothing.
    #expect(try file.read(size / 2..<size + 10) == Array(bytes[(size / 2)...]))
  }

  @Test
  func `File: a pipe is read to its end, however it is written`() throws {
    #expect(unsafe mkfifo(path, 0o600) == 0)
    #expect(throws: FileError.notAFile(path: path)) { try File(reading: path) }
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 17) }
    let pipe = path
    DispatchQueue(label: "writer").async {
      guard let handle = FileHandle(forWritingAtPath: pipe) else { return }
      for start in stride(from: 0, to: bytes.count, by: 9999) {
        handle.write(Data(bytes[start..<min(start + 9999, bytes.count)]))
      }
    }
    #expect(try File(streaming: path).contents(limit: 1 << 20) == bytes)
  }

  @Test
  func `File: what is none is refused by its path`() throws {
    for path in [folder.path, "/dev/zero"] {
      #expect(throws: FileError.notAFile(path: path)) { try File(reading: path) }
    }
    #expect(throws: FileError.refused(path: path, code: ENOENT)) { try File(reading: path) }
    #expect(throws: FileError.refused(path: folder.path, code: EISDIR)) {
      try File(streaming: folder.path).contents(limit: 10)
    }
    try put([1])
    #expect(throws: FileError.refused(path: path, code: EEXIST)) {
      try File(creating: path, mode: 0o600)
    }
  }

  @Test
  func `File: a link is followed or refused, as it is asked`() throws {
    try put([1, 2])
    let link = "\(folder.path)/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    #expect(try File(reading: link).contents(limit: 9) == [1, 2])
    #expect(throws: FileError.refused(path: link, code: ELOOP)) {
      try File(reading: link, links: .refused)
    }
    #expect(try !FileStatus(of: link).isRegular)
  }

  @Test
  func `File: a lock is one's at a time, and goes with the file`() throws {
    do {
      let file = try File(locking: path)
      #expect(throws: FileError.inUse(path: path)) { try File(locking: path) }
      withExtendedLifetime(file) {}
    }
    #expect(throws: Never.self) { try File(locking: path) }
  }

  @Test
  func `File system: a folder's names are all but its own`() throws {
    #expect(try FileSystem.names(in: folder.path) == [])
    for name in ["b", ".c", "é"] { try Data().write(to: URL(filePath: "\(folder.path)/\(name)")) }
    #expect(try Set(FileSystem.names(in: folder.path)) == ["b", ".c", "é"])
    #expect(throws: FileError.refused(path: path, code: ENOENT)) {
      try FileSystem.names(in: path)
    }
  }

  @Test
  func `File error: its reason is in the system's words`() {
    #expect(FileError.refused(path: "a", code: ENOSPC).reason == "No space left on device")
    #expect("\(FileError.tooLarge(path: "a", limit: 9))" == "a: larger than 9 bytes")
  }
}
