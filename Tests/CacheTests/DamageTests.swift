import Files
import Foundation
import Glibc
import Cache
import Support
import Testing

@Suite("Disk store, damage") struct DamageTests {
  /// Puts bytes in an entry's place behind the store's back; what the store then says of it.
  private func isServed(
    _ bytes: [UInt8], as number: Int, from store: DiskStore, in folder: TestFolder
  ) throws -> Bool {
    store.write([0], for: key(number), in: .fields)
    let before = store.counts
    try folder.put(bytes, at: folder.file(of: key(number)))
    if store.read(key(number), in: .fields) != nil { return true }
    #expect(store.counts.damaged == before.damaged + 1 && store.counts.misses == before.misses + 1)
    #expect(!folder.exists(folder.file(of: key(number))))
    #expect(!store.contains(key(number), in: .fields) && store.totalBytes == 0)
    return false
  }

  @Test
  func `every bit of a file matters`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write(noise(40), for: key(1), in: .fields)
    let sound = try folder.bytes(of: key(1))
    #expect(sound.count == 200)
    #expect(try isServed(sound, as: 1, from: store, in: folder))
    store.remove(key(1), in: .fields)
    for bit in 0..<8 * sound.count {
      var damaged = sound
      damaged[bit / 8] ^= 1 << (bit % 8)
      #expect(try !isServed(damaged, as: 1, from: store, in: folder), "bit \(bit)")
    }
  }

  @Test
  func `a bit anywhere in a file of several segments matters`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write(noise(2_300_000), for: key(1), in: .fields)
    let sound = try folder.bytes(of: key(1))
    store.remove(key(1), in: .fields)
    var chance = SeededNumbers(seed: 1)
    for _ in 0..<200 {
      let bit = chance.below(8 * sound.count)
      var damaged = sound
      damaged[bit / 8] ^= 1 << (bit % 8)
      #expect(try !isServed(damaged, as: 1, from: store, in: folder), "bit \(bit)")
    }
  }

  @Test
  func `a file cut or lengthened anywhere is noticed`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    for payload in [40, EntryLayout.segmentBytes, EntryLayout.segmentBytes + 40] {
      store.write(noise(payload), for: key(1), in: .fields)
      let sound = try folder.bytes(of: key(1))
      store.remove(key(1), in: .fields)
      let ends = [0, 1, 127, 128, 129, 160, 161, sound.count / 2]
      for end in ends + (1...40).map({ sound.count - $0 }) where end < sound.count {
        #expect(try !isServed(Array(sound[..<end]), as: 1, from: store, in: folder), "\(end)")
      }
      for more in [1, 31, 32, 33, 72] {
        let longer = sound + sound.suffix(more)
        #expect(try !isServed(longer, as: 1, from: store, in: folder), "+\(more)")
      }
    }
  }

  @Test
  func `a file under another name, namespace or version is not served`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write(noise(100), for: key(1), in: .fields)
    store.write(noise(100), for: key(1), in: .images)
    let file = try folder.bytes(of: key(1))
    let other = [UInt8](
      try Data(contentsOf: URL(filePath: folder.file(of: key(1), in: .images))))
    #expect(store.remove(key(1), in: .fields) && store.remove(key(1), in: .images))
    #expect(file.count == other.count && file != other)
    #expect(try !isServed(file, as: 2, from: store, in: folder))
    #expect(try !isServed(other, as: 1, from: store, in: folder))
    // The version follows the mark of 15 bytes.
    var later = file
    later[15] = 2
    #expect(try !isServed(later, as: 1, from: store, in: folder))
    #expect(try !isServed(noise(200), as: 1, from: store, in: folder))
    #expect(try isServed(file, as: 1, from: store, in: folder))
  }

  @Test
  func `another entry's bytes under the right header are not served`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    for number in 1...2 { store.write(noise(100, seed: number), for: key(number), in: .fields) }
    let (one, other) = (try folder.bytes(of: key(1)), try folder.bytes(of: key(2)))
    for number in 1...2 { store.remove(key(number), in: .fields) }
    #expect(try !isServed(Array(one[..<128] + other[128...]), as: 1, from: store, in: folder))
    #expect(try isServed(Array(one[..<128] + one[128...]), as: 1, from: store, in: folder))
  }

  @Test
  func `segments that changed places are noticed, and those before them are lent`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    let size = EntryLayout.segmentBytes
    store.write(noise(4 * size), for: key(1), in: .fields)
    var file = try folder.bytes(of: key(1))
    let second = 128 + size + 32..<128 + 2 * (size + 32)
    let third = second.upperBound..<second.upperBound + size + 32
    let (left, right) = (Array(file[second]), Array(file[third]))
    file.replaceSubrange(second, with: right)
    file.replaceSubrange(third, with: left)
    try folder.put(file, at: folder.file(of: key(1)))
    #expect(store.read(key(1), in: .fields) { $0.numbers(UInt8.self, size) } == noise(size))
    var lent: [UInt8]?
    let rest = store.read(key(1), in: .fields) { entry in
      lent = entry.numbers(UInt8.self, size)
      return entry.numbers(UInt8.self, 1)
    }
    #expect(rest == nil && lent == noise(size) && store.counts.damaged == 1)
    #expect(!folder.exists(folder.file(of: key(1))))
  }

  @Test
  func `damage that is seen late does not touch what was written since`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write(noise(2 * EntryLayout.segmentBytes), for: key(1), in: .fields)
    var damaged = try folder.bytes(of: key(1))
    damaged[damaged.count - 100] ^= 1
    try folder.put(damaged, at: folder.file(of: key(1)))
    let bytes = store.read(key(1), in: .fields) { entry in
      store.write([1], for: key(1), in: .fields)
      return entry.numbers(UInt8.self, entry.remaining)
    }
    #expect(bytes == nil && store.read(key(1), in: .fields) == [1] && store.counts.damaged == 0)
  }

  @Test
  func `a link, a pipe and a folder are no entries`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    for number in 1...4 { store.write(noise(10), for: key(number), in: .fields) }
    let files = (1...4).map { folder.file(of: key($0)) }
    let second = try folder.bytes(of: key(2))
    for file in files.dropFirst() { try FileManager.default.removeItem(atPath: file) }
    // A link to what would be sound in its own place.
    try folder.put(second, at: "\(folder.path)/copy")
    try FileManager.default.createSymbolicLink(
      atPath: files[1], withDestinationPath: "\(folder.path)/copy")
    #expect(unsafe mkfifo(files[2], 0o600) == 0)
    try FileManager.default.createDirectory(atPath: files[3], withIntermediateDirectories: false)
    for number in 2...4 { #expect(store.read(key(number), in: .fields) == nil) }
    #expect(store.read(key(1), in: .fields) == noise(10))
    // A folder cannot be removed as a file is, nor written over.
    #expect(store.counts.damaged == 2)
    #expect(store.write([1], for: key(4), in: .fields) == .failed(code: EISDIR))
    for number in 2...3 {
      #expect(store.write([1], for: key(number), in: .fields) == .stored)
      #expect(store.read(key(number), in: .fields) == [1])
    }
  }

  @Test
  func `a file that vanished is absent`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write([1], for: key(1), in: .fields)
    try FileManager.default.removeItem(atPath: folder.file(of: key(1)))
    #expect(store.read(key(1), in: .fields) == nil && store.totalBytes == 0)
    #expect(store.write([1], for: key(1), in: .fields) == .stored)
    try FileManager.default.removeItem(atPath: folder.path)
    #expect(store.read(key(1), in: .fields) == nil)
    #expect(store.write([1], for: key(1), in: .fields) == .failed(code: ENOENT))
  }

  @Test
  func `Disk store: opening removes unknown files from its namespaces, and from no other folder`()
    throws
  {
    let folder = TestFolder()
    do {
      let store = try folder.store()
      store.write(noise(10), for: key(1), in: .fields)
    }
    let sound = try folder.bytes(of: key(1))
    let hex = key(2).description
    let strangers = [
      "fields/\(hex.prefix(2))/\(hex.dropLast())", "fields/\(hex.prefix(2))/\(hex.uppercased())",
      "fields/00/\(hex)", "fields/ab/notes.txt",
    ]
    for stranger in strangers { try folder.put(sound, at: "\(folder.path)/\(stranger)") }
    // Folders with names that namespaces may have, which are none here.
    let others = ["holidays/2026/\(hex)", "holidays/ab/beach.jpg", "Notes/ab/notes.txt"]
    for other in others { try folder.put([1], at: "\(folder.path)/\(other)") }
    let later = EntryName(key(3), in: Namespace("later"))
    try folder.put(sound, at: "\(folder.path)/\(later.path)")
    let tooShort = "fields/\(hex.prefix(2))/\(hex)"
    try folder.put(Array(sound[..<150]), at: "\(folder.path)/\(tooShort)")
    try folder.put([1], at: "\(folder.path)/.temporary/17")
    let store = try folder.store()
    #expect(store.counts.damaged == strangers.count + 1)
    #expect(
      Set(folder.files().keys)
        == Set([".eyepiece-store", later.path, EntryName(key(1), in: .fields).path] + others))
    // Entries of another version's namespace count, and go when there is no room for them.
    #expect(store.totalBytes == 2 * 4096 && store.read(key(1), in: .fields) == noise(10))
  }
}
