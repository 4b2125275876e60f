import Cache
import Files
import Foundation
import Support
import Testing

@Suite("Entries of others") struct AdoptionTests {
  private let here = TemporaryFolder()
  private let there = TemporaryFolder()
  private let namespace = Namespace("fields")

  private func name(_ number: UInt8) -> EntryName {
    EntryName(SHA256.digest(of: [number]), in: namespace)
  }

  @Test(arguments: [0, 1, 4000, (1 << 20) + 5])
  func `Adoption: an entry's file is an entry of another store, byte for byte`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let (one, other) = (
      try DiskStore(at: here.path, budget: 1 << 24), try DiskStore(at: there.path, budget: 1 << 24)
    )
    one.write(bytes, for: name(1).key, in: namespace)
    #expect(try EntryLayout.isSound(one.file(of: name(1))))
    #expect(try other.adopt(one.file(of: name(1)), as: name(1)) == .stored)
    #expect(other.read(name(1).key, in: namespace) == bytes)
  }

  @Test func `Adoption: a file of another name, or with any byte changed, is not taken in`() throws
  {
    let (one, other) = (
      try DiskStore(at: here.path, budget: 1 << 24), try DiskStore(at: there.path, budget: 1 << 24)
    )
    one.write([1, 2, 3, 4], for: name(1).key, in: namespace)
    #expect(try other.adopt(one.file(of: name(1)), as: name(2)) == nil)
    let sound = try Data(contentsOf: URL(filePath: one.file(of: name(1))))
    let path = "\(here.path)/changed"
    for place in 0..<sound.count {
      var bytes = sound
      bytes[place] ^= 1
      try bytes.write(to: URL(filePath: path))
      #expect(try other.adopt(path, as: name(1)) == nil, "byte \(place)")
    }
    for count in 0..<sound.count {
      try sound.prefix(count).write(to: URL(filePath: path))
      #expect(try other.adopt(path, as: name(1)) == nil, "\(count) bytes")
      #expect(try !EntryLayout.isSound(path), "\(count) bytes")
    }
    #expect(!other.contains(name(1).key, in: namespace))
  }

  @Test func `Store: its id is its own, and stays`() throws {
    var ids: Set<Digest> = []
    for folder in [here, there, here, there] {
      ids.insert(try DiskStore(at: folder.path, budget: 1 << 20).id())
    }
    #expect(ids.count == 2)
  }
}
