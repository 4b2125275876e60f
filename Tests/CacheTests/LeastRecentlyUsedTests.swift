import Cache
import Support
import Testing

@Suite("Least recently used") struct LeastRecentlyUsedTests {
  private typealias Table = LeastRecentlyUsed<Int, String>

  /// The same decisions by a plain list, the oldest first.
  private struct List {
    var entries: [(key: Int, value: String, bytes: Int)] = []
    var aside: [Int] = []
    let limits: Table.Limits

    var bytes: Int { entries.map(\.bytes).reduce(0, +) + aside.reduce(0, +) }

    func hasRoom(for size: Int) -> Bool {
      entries.count + aside.count + 1 <= limits.entries && bytes + size <= limits.bytes
    }

    func couldHold(_ size: Int) -> Bool {
      aside.count + 1 <= limits.entries && aside.reduce(0, +) + size <= limits.bytes
    }

    mutating func take(_ key: Int) -> (key: Int, value: String, bytes: Int)? {
      entries.firstIndex { $0.key == key }.map { entries.remove(at: $0) }
    }
  }

  /// The keys, the oldest first: in the order in which they would go.
  private func order(of table: Table) -> [Int] {
    var (table, keys) = (table, [Int]())
    while let oldest = table.oldest {
      keys.append(oldest)
      table.remove(oldest)
    }
    return keys
  }

  @Test(arguments: 0..<20)
  func `it decides as a plain list does`(seed: Int) {
    var chance = SeededNumbers(seed: seed)
    let limits = Table.Limits(bytes: 100, entries: 6)
    var table = Table(limits: limits)
    var list = List(limits: limits)
    for step in 0..<2000 {
      let (number, size) = (chance.below(12), chance.below(120))
      switch chance.below(6) {
      case 0:
        let (found, expected) = (table.use(number), list.take(number))
        #expect(found == expected?.value)
        if let expected { list.entries.append(expected) }
      case 1:
        #expect(table.remove(number) == list.take(number)?.value)
      case 2 where list.hasRoom(for: size):
        table.setAside(size)
        list.aside.append(size)
      case 3 where !list.aside.isEmpty:
        table.giveBack(list.aside.removeLast())
      case 4:
        table.update(number) { $0 += "!" }
        if let place = list.entries.firstIndex(where: { $0.key == number }) {
          list.entries[place].value += "!"
        }
      default:
        while !list.hasRoom(for: size), let oldest = list.entries.first {
          #expect(table.oldest == oldest.key && !table.hasRoom(for: size))
          #expect(table.remove(oldest.key) == list.take(oldest.key)?.value)
        }
        guard list.hasRoom(for: size) else { break }
        #expect(table.insert("\(step)", for: number, bytes: size) == list.take(number)?.value)
        list.entries.append((number, "\(step)", size))
      }
      #expect(order(of: table) == list.entries.map(\.key))
      #expect(table.bytes == list.bytes && table.count == list.entries.count)
      #expect(table.hasRoom(for: size) == list.hasRoom(for: size))
      #expect(table.couldHold(size) == list.couldHold(size))
      #expect(table[number] == list.entries.first { $0.key == number }?.value)
      #expect(!table.isOverfull)
    }
  }

  @Test
  func `more than fits can be seen`() {
    var table = Table(limits: .init(bytes: 10, entries: 2))
    table.insert("a", for: 1, bytes: 10)
    #expect(!table.isOverfull)
    table.insert("b", for: 2, bytes: 1)
    #expect(table.isOverfull)
    table.remove(1)
    table.insert("c", for: 3, bytes: 0)
    #expect(!table.isOverfull)
    table.insert("d", for: 4, bytes: 0)
    #expect(table.isOverfull)
  }

  @Test(arguments: 0..<10)
  func `what is pinned is never the next to go, and the rest as if it were not there`(seed: Int) {
    var chance = SeededNumbers(seed: seed)
    let limits = Table.Limits(bytes: 200, entries: 9)
    var table = Table(limits: limits)
    var order: [Int] = []
    var (sizes, pins) = ([Int: Int](), Set<Int>())
    for _ in 0..<2000 {
      let (key, size) = (chance.below(14), chance.below(60))
      switch chance.below(5) {
      case 0:
        #expect((table.use(key) != nil) == (sizes[key] != nil))
        if let place = order.firstIndex(of: key) { order.append(order.remove(at: place)) }
      case 1:
        table.remove(key)
        order.removeAll { $0 == key }
        sizes[key] = nil
      case 2:
        let wanted = Set((0..<chance.below(4)).map { _ in chance.below(14) })
        // Those that may go again are the latest used, in no order of their own.
        for key in pins.subtracting(wanted) {
          table.setPins(pins.subtracting([key]))
          pins.remove(key)
          if sizes[key] != nil { order.append(key) }
        }
        table.setPins(wanted)
        pins = wanted
        order.removeAll { pins.contains($0) }
      default:
        guard table.couldHold(size), sizes[key] == nil else { break }
        while !table.hasRoom(for: size), let oldest = table.oldest {
          #expect(oldest == order.first && !pins.contains(oldest))
          table.remove(oldest)
          sizes[oldest] = nil
          order.removeFirst()
        }
        #expect(table.hasRoom(for: size))
        table.insert("", for: key, bytes: size)
        sizes[key] = size
        if !pins.contains(key) { order.append(key) }
      }
      #expect(self.order(of: table) == order)
      #expect(table.bytes == sizes.values.reduce(0, +) && table.count == sizes.count)
      #expect(table.pinnedBytes == sizes.filter { pins.contains($0.key) }.values.reduce(0, +))
    }
  }
}
