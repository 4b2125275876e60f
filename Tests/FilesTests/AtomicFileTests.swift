import Files
import Foundation
import Support
import Testing

@Suite("Atomic file") struct AtomicFileTests {
  private let folder = TemporaryFolder()
  private let path: String
  private let draft: String

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    path = "\(folder.path)/a.bin"
    draft = "\(folder.path)/.a.bin.draft"
  }

  private func contents(_ path: String) throws -> [UInt8] {
    try File(reading: path).contents(limit: 1 << 20)
  }

  private var names: [String] {
    get throws { try FileSystem.names(in: folder.path).sorted() }
  }

  @Test(arguments: [false, true])
  func `Atomic file: until it is whole the old one is there, then the new one`(
    lasts: Bool
  ) throws {
    try Data([1]).write(to: URL(filePath: path))
    let old = try File(reading: path)
    do {
      let file = try AtomicFile(replacing: path)
      try file.write([2])
      try file.write([3, 4])
      #expect(try contents(path) == [1] && names == [".a.bin.draft", "a.bin"])
      try lasts ? file.commit() : file.publish()
    }
    #expect(try contents(path) == [2, 3, 4] && names == ["a.bin"])
    #expect(try old.contents(limit: 9) == [1])
  }

  @Test
  func `Atomic file: one that is not published leaves nothing`() throws {
    try Data([1]).write(to: URL(filePath: path))
    do {
      let file = try AtomicFile(replacing: path)
      try file.write([2])
    }
    #expect(try contents(path) == [1] && names == ["a.bin"])
    let file = try AtomicFile(replacing: path)
    file.discard()
    #expect(throws: FileError.refused(path: path, code: ENOENT)) { try file.publish() }
    #expect(try contents(path) == [1] && names == ["a.bin"])
  }

  @Test
  func `Atomic file: its mode is the one asked for, less the umask`() throws {
    for (mode, expected) in [(UInt32(0o600), 0o600), (0o666, 0o644)] {
      try AtomicFile(replacing: path, mode: mode).publish()
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == expected)
    }
  }

  @Test
  func `Atomic file: a second writer is refused, also after the first has published`() throws {
    let first = try AtomicFile(replacing: path)
    #expect(throws: FileError.inUse(path: draft)) { try AtomicFile(replacing: path) }
    try first.publish()
    let second = try AtomicFile(replacing: path)
    try second.write([2])
    // The first writer's end is no business of the second's draft.
    first.discard()
    try second.publish()
    #expect(try contents(path) == [2])
  }

  @Test
  func `Atomic file: a draft whose writer has ended is no obstacle, and nothing of it stays`()
    throws
  {
    try Data([9, 9, 9]).write(to: URL(filePath: draft))
    let file = try AtomicFile(replacing: path)
    try file.write([1])
    try file.publish()
    #expect(try contents(path) == [1] && names == ["a.bin"])
  }

  @Test
  func `Atomic file: of a folder's drafts those that somebody writes stay`() throws {
    let living = try AtomicFile(replacing: path)
    for name in [".b.draft", "c.draft", ".d"] {
      try Data([1]).write(to: URL(filePath: "\(folder.path)/\(name)"))
    }
    try AtomicFile.removeAbandoned(in: folder.path)
    #expect(try names == [".a.bin.draft", ".d", "c.draft"])
    withExtendedLifetime(living) {}
  }

  /// Each writer's bytes are its own number; whoever is refused tries again.
  @Test
  func `Atomic file: of many writers each replaces the file whole`() throws {
    let (path, faults) = (self.path, Box<[String]>([]))
    DispatchQueue.concurrentPerform(iterations: 4) { number in
      let bytes = [UInt8](repeating: UInt8(number), count: 100_000)
      var written = 0
      while written < 50 {
        do throws(FileError) {
          let file = try AtomicFile(replacing: path)
          try file.write(bytes)
          try file.publish()
          written += 1
          let found = try File(reading: path).contents(limit: 1 << 20)
          if found.count != bytes.count || Set(found).count != 1 {
            faults.update { $0.append("a mixture") }
          }
        } catch .inUse {
          continue
        } catch {
          faults.update { $0.append("\(error)") }
          return
        }
      }
    }
    #expect(faults.value == [])
    #expect(try names == ["a.bin"])
  }
}
