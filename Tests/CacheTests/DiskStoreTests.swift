import Files
import Foundation
import Cache
import Support
import Testing

@Suite("Disk store") struct DiskStoreTests {
  static let segment = EntryLayout.segmentBytes
  static let sizes = [
    0, 1, 31, 4096, segment - 1, segment, segment + 1, 2 * segment, 5 * segment / 2,
  ]

  @Test(arguments: sizes)
  func `what was written is read, also after reopening`(size: Int) throws {
    let folder = TestFolder()
    let bytes = noise(size, seed: size)
    for round in 0..<2 {
      let store = try folder.store()
      if round == 0 { #expect(store.write(bytes, for: key(1), in: .fields) == .stored) }
      #expect(store.read(key(1), in: .fields) == bytes)
      #expect(store.size(of: key(1), in: .fields) == size)
      #expect(store.contains(key(1), in: .fields) && !store.contains(key(1), in: .images))
      #expect(store.read(key(1), in: .images) == nil && store.read(key(2), in: .fields) == nil)
      #expect(store.counts.hits == 1 && store.counts.misses == 2 && store.counts.damaged == 0)
      #expect(store.totalBytes == folder.footprint())
    }
  }

  @Test(arguments: sizes)
  func `pieces of any length make the same file`(size: Int) throws {
    let folder = TestFolder()
    let store = try folder.store()
    let bytes = noise(size, seed: size)
    store.write(bytes, for: key(1), in: .fields)
    let whole = try folder.bytes(of: key(1))
    var chance = SeededNumbers(seed: size)
    for _ in 0..<4 {
      let outcome = store.write(key(1), in: .fields, payload: size) { writer in
        var start = 0
        while start < size {
          let end = min(size, start + chance.below(chance.below(2) == 0 ? 100 : 2 * Self.segment))
          writer.append(bytes.span.extracting(start..<end))
          start = end
          #expect(writer.remaining == size - start && !writer.hasFailed)
        }
      }
      #expect(outcome == .stored)
      #expect(try folder.bytes(of: key(1)) == whole)
    }
  }

  @Test(arguments: sizes)
  func `an entry is read in pieces of any length, and no further than its end`(size: Int) throws {
    let folder = TestFolder()
    let store = try folder.store()
    let bytes = noise(size, seed: size)
    store.write(bytes, for: key(1), in: .fields)
    var chance = SeededNumbers(seed: size)
    for _ in 0..<4 {
      var joined: [UInt8] = []
      let isWhole = store.read(key(1), in: .fields) { entry in
        while entry.remaining > 0 {
          let most = chance.below(2) == 0 ? 100 : 2 * Self.segment
          let count = min(entry.remaining, chance.below(most))
          guard let piece = entry.numbers(UInt8.self, count) else { return false }
          joined += piece
        }
        return entry.numbers(UInt8.self, 1) == nil && entry.numbers(UInt8.self, 0) == []
      }
      #expect(isWhole == true && joined == bytes)
    }
    for count in [0, 1, Self.segment - 1, Self.segment, Self.segment + 1, size, size + 1, .max] {
      let start = store.read(key(1), in: .fields) { $0.numbers(UInt8.self, count) }
      #expect(start == (count <= size ? Array(bytes.prefix(count)) : nil))
    }
    let numbers = store.read(key(1), in: .fields) { $0.numbers(UInt32.self, size / 4) }
    #expect(numbers.map { [UInt8](littleEndian: $0) } == Array(bytes.prefix(size / 4 * 4)))
    #expect(store.read(key(1), in: .fields) { $0.numbers(UInt64.self, .max) } == nil)
    #expect(store.read(key(1), in: .fields) { $0.numbers(UInt8.self, -1) } == nil)
    #expect(store.counts.damaged == 0)
  }

  @Test
  func `a line is what stands before its end, if that is no further than the limit`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    for length in [0, 1, 1000, Self.segment - 1, Self.segment, Self.segment + 1] {
      let line = [UInt8](repeating: UInt8(ascii: "x"), count: length)
      store.write(line + [UInt8(ascii: "\n"), 7], for: key(1), in: .fields)
      for (limit, expected) in [(length, line), (length + 9, line), (length - 1, nil)] {
        #expect(store.read(key(1), in: .fields) { $0.line(limit: limit) } == expected)
      }
      let rest = store.read(key(1), in: .fields) { entry in
        entry.line(limit: length).flatMap { _ in entry.numbers(UInt8.self, entry.remaining) }
      }
      #expect(rest == [7])
      store.write(line, for: key(1), in: .fields)
      #expect(store.read(key(1), in: .fields) { $0.line(limit: 1 << 30) } == nil)
    }
  }

  private struct Refusal: Error, Equatable {}

  @Test
  func `what a writer throws is passed on, and nothing is left`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write([1, 2, 3], for: key(1), in: .fields)
    let (total, files) = (store.totalBytes, folder.files())
    #expect(throws: Refusal()) {
      try store.write(key(1), in: .fields, payload: 3_000_000) { writer throws(Refusal) in
        writer.append(noise(2_000_000))
        throw Refusal()
      }
    }
    #expect(store.totalBytes == total && folder.files() == files)
    #expect(store.read(key(1), in: .fields) == [1, 2, 3])
  }

  @Test
  func `a removed entry is gone, its namesake in another namespace is not`() throws {
    let folder = TestFolder()
    do {
      let store = try folder.store()
      store.write([1], for: key(1), in: .fields)
      store.write([2], for: key(1), in: .images)
      #expect(store.remove(key(1), in: .fields) && !store.remove(key(1), in: .fields))
      #expect(store.read(key(1), in: .fields) == nil && store.read(key(1), in: .images) == [2])
      #expect(folder.keys(in: .fields).isEmpty && store.totalBytes == 4096)
    }
    #expect(!(try folder.store().contains(key(1), in: .fields)))
  }

  @Test
  func `what was used last goes last, also after reopening`() throws {
    let folder = TestFolder()
    let time = Box(1_000_000_000_000_000)
    let store = try DiskStore(at: folder.path, budget: 5 * 4096) { time.value }
    /// The first five entries in the order in which others take their room.
    func order(_ store: DiskStore) -> [Int] {
      var left = Set(0..<5)
      return (5..<10).flatMap { number in
        store.write([], for: key(number), in: .fields)
        let gone = left.filter { !store.contains(key($0), in: .fields) }
        left.subtract(gone)
        return gone
      }
    }
    for number in 0..<5 {
      time.update { $0 += 1_000_000 }
      store.write(noise(number), for: key(number), in: .fields)
    }
    // Young marks are not renewed: a reading then counts until the store is closed.
    _ = store.read(key(0), in: .fields)
    time.update { $0 += DiskStore.markLife }
    _ = store.read(key(2), in: .fields)
    time.update { $0 += 1_000_000 }
    _ = store.read(key(1), in: .fields)
    let copy = TestFolder()
    try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
    for path in folder.files().keys {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(path)")
      let modified = try #require(attributes[.modificationDate] as? Date)
      try FileManager.default.setAttributes(
        [.modificationDate: modified], ofItemAtPath: "\(copy.path)/\(path)")
    }
    #expect(order(store) == [3, 4, 0, 2, 1])
    #expect(order(try copy.store(budget: 5 * 4096)) == [0, 3, 4, 2, 1])
  }

  @Test
  func `a folder is one store's at a time`() throws {
    let folder = TestFolder()
    do {
      let store = try folder.store()
      #expect(throws: StorageError.inUse(path: folder.path)) { try folder.store() }
      #expect(store.write([1], for: key(1), in: .fields) == .stored)
    }
    #expect(try folder.store().read(key(1), in: .fields) == [1])
  }

  @Test
  func `a folder of somebody else's files is refused, and they stay`() throws {
    let folder = TestFolder()
    try folder.put([1], at: "\(folder.path)/images/ab/holiday.jpg")
    #expect(throws: StorageError.notAStore(path: folder.path)) { try folder.store() }
    #expect(folder.files() == ["images/ab/holiday.jpg": 1])
    let file = TestFolder()
    try folder.put([1], at: file.path)
    #expect(throws: StorageError.unusable(.refused(path: file.path, code: ENOTDIR))) {
      try file.store()
    }
    let long = "\(folder.path)/\(String(repeating: "x", count: 300))"
    #expect(throws: StorageError.unusable(.refused(path: long, code: ENAMETOOLONG))) {
      try DiskStore(at: long, budget: 1)
    }
  }
}
