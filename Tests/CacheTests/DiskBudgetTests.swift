import Files
import Foundation
import Cache
import Support
import Testing

@Suite("Disk store, budget") struct DiskBudgetTests {
  @Test
  func `five hundred entries of any size never exceed the budget`() throws {
    let folder = TestFolder()
    let budget = 1_000_000
    let store = try folder.store(budget: budget)
    var chance = SeededNumbers(seed: 1)
    var sizes: [Int] = []
    for number in 0..<500 {
      let size = chance.below(chance.below(10) == 0 ? 1_500_000 : 60_000)
      sizes.append(size)
      let fits = EntryLayout.footprint(file: EntryLayout.fileBytes(payload: size)) <= budget
      let outcome = store.write(key(number), in: .fields, payload: size) { writer in
        writer.append(noise(size, seed: number))
        if number % 10 == 0 { #expect(folder.footprint() <= budget) }
      }
      #expect(outcome == (fits ? .stored : .noRoom))
      #expect(store.totalBytes <= budget && store.totalBytes == folder.footprint())
      let other = chance.below(number + 1)
      if store.contains(key(other), in: .fields) {
        #expect(store.read(key(other), in: .fields) == noise(sizes[other], seed: other))
      }
    }
    let counts = store.counts
    #expect(counts.evicted > 300 && counts.stored + counts.refused == 500 && counts.refused > 0)
    #expect(counts.damaged == 0 && counts.failedWrites == 0 && folder.temporaries().isEmpty)
  }

  @Test
  func `what was used longest ago goes first`() throws {
    let folder = TestFolder()
    let store = try folder.store(budget: 3 * 4096)
    for number in 1...3 { store.write([1], for: key(number), in: .fields) }
    _ = store.read(key(1), in: .fields)
    store.write([1], for: key(4), in: .images)
    #expect([1, 2, 3].map { store.contains(key($0), in: .fields) } == [true, false, true])
    #expect(store.write(noise(5000), for: key(5), in: .fields) == .stored)
    #expect([1, 3, 5].map { store.contains(key($0), in: .fields) } == [false, false, true])
    #expect(store.contains(key(4), in: .images))
  }

  @Test
  func `a store that is opened with less keeps what was used last`() throws {
    let folder = TestFolder()
    let time = Box(1_000_000_000_000_000)
    do {
      let store = try DiskStore(at: folder.path, budget: 1 << 20) {
        time.update { $0 += 1_000_000 }
        return time.value
      }
      for number in 1...9 {
        store.write(noise(number == 9 ? 40_000 : 10), for: key(number), in: .fields)
      }
    }
    let store = try folder.store(budget: 5 * 4096)
    #expect((1...9).filter { store.contains(key($0), in: .fields) } == [4, 5, 6, 7, 8])
    #expect(store.totalBytes == 5 * 4096 && folder.footprint() == 5 * 4096)
    #expect(store.counts.evicted == 4 && store.counts.damaged == 0)
  }

  @Test
  func `entries are bounded by their number too`() throws {
    let folder = TestFolder()
    let store = try DiskStore(at: folder.path, budget: 1 << 30, entries: 3)
    for number in 0..<10 { store.write([], for: key(number), in: .fields) }
    #expect((0..<10).filter { store.contains(key($0), in: .fields) } == [7, 8, 9])
  }

  @Test
  func `what is being written counts for those who write beside it`() throws {
    let folder = TestFolder()
    let store = try folder.store(budget: 4 * 4096)
    store.write([1], for: key(0), in: .fields)
    let outer = store.write(key(1), in: .fields, payload: 10_000) { writer in
      #expect(store.contains(key(0), in: .fields))
      #expect(store.write(noise(5000), for: key(2), in: .fields) == .noRoom)
      #expect(store.contains(key(0), in: .fields), "evicted for nothing")
      #expect(store.write([1], for: key(3), in: .fields) == .stored)
      #expect(store.totalBytes <= 4 * 4096)
      writer.append(noise(10_000))
    }
    #expect(outer == .stored && store.read(key(1), in: .fields) == noise(10_000))
  }

  @Test(arguments: [0, 4095])
  func `a store without a budget keeps nothing`(budget: Int) throws {
    let folder = TestFolder()
    let store = try folder.store(budget: budget)
    #expect(store.write([1], for: key(1), in: .fields) == .noRoom)
    #expect(store.write(noise(9999), for: key(1), in: .fields) == .noRoom)
    #expect(store.read(key(1), in: .fields) == nil && store.counts.refused == 2)
  }

  /// Root may write anywhere, so a file takes the folder's place.
  @Test
  func `a disk that refuses costs the entry and nothing else`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write([1], for: key(1), in: .fields)
    let temporary = "\(folder.path)/.temporary"
    #expect(folder.exists(temporary))
    try FileManager.default.removeItem(atPath: temporary)
    try folder.put([], at: temporary)
    #expect(store.write([2], for: key(2), in: .fields) == .failed(code: ENOTDIR))
    try store.write(key(2), in: .fields, payload: 5_000_000) { writer throws(CancellationError) in
      writer.append(noise(1_000_000))
      #expect(writer.hasFailed)
      writer.append(noise(4_000_000))
    }
    #expect(store.counts.failedWrites == 2 && store.totalBytes == 4096)
    #expect(store.read(key(1), in: .fields) == [1] && store.read(key(2), in: .fields) == nil)
    try FileManager.default.removeItem(atPath: temporary)
    #expect(store.write([2], for: key(2), in: .fields) == .stored)
  }

  @Test
  func `a pinned entry outlives a storm, and what would need its room is refused`() throws {
    let folder = TestFolder()
    let store = try folder.store(budget: 4 * 4096)
    let names = [1, 2].map { EntryName(key($0), in: .fields) }
    store.pin(names)
    for number in 1...2 { store.write([1], for: key(number), in: .fields) }
    #expect(store.pinRoom == 0)
    for number in 3..<40 { #expect(store.write([1], for: key(number), in: .images) == .stored) }
    #expect([1, 2].allSatisfy { store.contains(key($0), in: .fields) })
    #expect(store.write(noise(10_000), for: key(50), in: .images) == .noRoom)
    store.setPins([names[1]])
    #expect(store.write(noise(5_000), for: key(50), in: .images) == .stored)
    #expect(store.write([1], for: key(51), in: .images) == .stored)
    #expect(store.write([1], for: key(52), in: .images) == .stored)
    #expect(!store.contains(key(1), in: .fields) && store.contains(key(2), in: .fields))
  }
}
