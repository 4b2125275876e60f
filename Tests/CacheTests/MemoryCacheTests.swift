import Cache
import Support
import Testing

@Suite("Memory cache") struct MemoryCacheTests {
  @Test(arguments: 0..<4)
  func `five hundred values of any size never exceed the budget`(seed: Int) {
    var chance = SeededNumbers(seed: seed)
    let cache = MemoryCache<Int, [UInt8]>(budget: 10_000)
    for number in 0..<500 {
      let size = chance.below(chance.below(10) == 0 ? 15_000 : 2000)
      #expect(cache.keep(noise(size), for: number, bytes: size) == (size <= 10_000))
      #expect(cache.totalBytes <= 10_000)
      #expect(cache.contains(number) == (size <= 10_000))
      let other = chance.below(number + 1)
      let isThere = cache.contains(other)
      #expect((cache.value(for: other) != nil) == isThere)
    }
    let counts = cache.counts
    #expect(counts.evicted > 300 && counts.hits + counts.misses == 500)
    #expect(counts.hits > 0 && counts.misses > 0)
  }

  @Test
  func `what was used last stays, what was used longest ago goes`() {
    let cache = MemoryCache<Int, String>(budget: 3)
    for number in 1...3 { cache.keep("\(number)", for: number, bytes: 1) }
    #expect(cache.value(for: 1) == "1")
    cache.keep("4", for: 4, bytes: 1)
    #expect([1, 2, 3, 4].map(cache.contains) == [true, false, true, true])
    cache.keep("5", for: 5, bytes: 2)
    #expect([1, 3, 4, 5].map(cache.contains) == [false, false, true, true])
    #expect(cache.counts.hits == 1 && cache.counts.misses == 0 && cache.counts.evicted == 3)
  }

  @Test
  func `a value takes its predecessor's place`() {
    let cache = MemoryCache<Int, String>(budget: 10)
    cache.keep("a", for: 1, bytes: 6)
    cache.keep("b", for: 2, bytes: 4)
    #expect(cache.keep("c", for: 1, bytes: 5))
    #expect(cache.value(for: 1) == "c" && cache.value(for: 2) == "b" && cache.totalBytes == 9)
    #expect(!cache.keep("d", for: 1, bytes: 11))
    #expect(cache.value(for: 1) == nil && cache.totalBytes == 4)
    #expect(cache.remove(2) == "b" && cache.remove(2) == nil && cache.totalBytes == 0)
  }

  @Test
  func `values that take nothing are bounded by their number`() {
    let cache = MemoryCache<Int, Int>(budget: 0, entries: 3)
    for number in 0..<10 { cache.keep(number, for: number, bytes: 0) }
    #expect(cache.count == 3 && cache.contains(9) && !cache.contains(6))
  }

  /// A value whose end asks its cache.
  private final class Nosy: Sendable {
    let cache: MemoryCache<Int, Nosy>
    let seen: Box<[Int]>

    init(_ cache: MemoryCache<Int, Nosy>, _ seen: Box<[Int]>) {
      self.cache = cache
      self.seen = seen
    }

    deinit {
      let total = cache.totalBytes
      seen.update { $0.append(total) }
    }
  }

  @Test
  func `a value ends outside the lock`() {
    let cache = MemoryCache<Int, Nosy>(budget: 2)
    let seen = Box<[Int]>([])
    for number in 0..<3 { cache.keep(Nosy(cache, seen), for: number, bytes: 1) }
    cache.keep(Nosy(cache, seen), for: 2, bytes: 2)
    cache.remove(2)
    #expect(seen.value == [2, 2, 2, 0])
  }

  @Test
  func `many at once leave it within its budget`() async {
    let cache = MemoryCache<Int, Int>(budget: 1000)
    await withTaskGroup(of: Bool.self) { group in
      for seed in 0..<8 {
        group.addTask {
          var chance = SeededNumbers(seed: seed)
          return (0..<5000).allSatisfy { _ in
            let number = chance.below(60)
            if chance.below(2) == 0 { cache.keep(number, for: number, bytes: number) }
            let value = cache.value(for: number)
            return (value == nil || value == number) && cache.totalBytes <= 1000
          }
        }
      }
      for await isSound in group { #expect(isSound) }
    }
    let counts = cache.counts
    #expect(counts.hits + counts.misses == 40_000)
  }
}
