import Featurization
import Support
import Testing

/// A budget beside a plain model of what is in memory, which checks every decision.
private struct BudgetUnderTest {
  private(set) var budget: ModelBudget
  /// Sizes, and how much of each is in use.
  private(set) var sizes: [String: Int] = [:]
  private(set) var users: [String: Int] = [:]
  /// The latest used last.
  private(set) var order: [String] = []
  private(set) var reading: [String] = []
  private(set) var waiting: [String] = []
  private var wanted: [String: Int] = [:]

  init(bytes: Int, pinned: String = "default") {
    budget = ModelBudget(bytes: bytes, pinned: pinned)
  }

  /// In memory or being read, and counted.
  var counted: [String] { (Array(sizes.keys) + reading).filter { $0 != budget.pinned } }

  /// Asks for a model as a registry does; returns whether it may be used at once.
  mutating func ask(for name: String, bytes: Int) throws -> Bool {
    if budget.use(name) {
      try #require(sizes[name] != nil, "\(name) is not in memory")
      begin(name)
      return true
    }
    budget.wait(for: name, bytes: bytes)
    if !waiting.contains(name), !reading.contains(name) { waiting.append(name) }
    wanted[name] = bytes
    try settle()
    return false
  }

  private mutating func begin(_ name: String) {
    users[name, default: 0] += 1
    order.removeAll { $0 == name }
    order.append(name)
  }

  /// Does what follows, and checks it.
  private mutating func settle() throws {
    while let action = budget.next() {
      switch action {
      case .release(let name):
        try #require(users[name, default: 0] == 0, "\(name) is in use")
        try #require(name != budget.pinned && sizes[name] != nil)
        let idle = order.filter { users[$0] == 0 && $0 != budget.pinned }
        try #require(idle.first == name, "\(idle) in the order of their use")
        sizes[name] = nil
        order.removeAll { $0 == name }
      case .load(let name):
        try #require(waiting.contains(name) && sizes[name] == nil)
        waiting.removeAll { $0 == name }
        let others = counted
        let taken = others.reduce(0) { $0 + (sizes[$1] ?? wanted[$1] ?? 0) }
        if name != budget.pinned {
          let size = wanted[name] ?? 0
          try #require(others.isEmpty || taken + size <= budget.bytes, "\(others), then \(name)")
        }
        reading.append(name)
      case .admit(let name):
        try #require(waiting.contains(name) && sizes[name] != nil)
        waiting.removeAll { $0 == name }
        budget.take(name)
        begin(name)
      }
    }
  }

  /// A file was read, for as many users as wait for it: one here.
  mutating func read(_ name: String) throws {
    reading.removeAll { $0 == name }
    sizes[name] = wanted[name] ?? 0
    budget.loaded(name, bytes: wanted[name] ?? 0)
    budget.take(name)
    begin(name)
    try settle()
  }

  mutating func fail(_ name: String) throws {
    reading.removeAll { $0 == name }
    budget.failed(name)
    try settle()
  }

  mutating func end(_ name: String) throws {
    users[name, default: 0] -= 1
    budget.finish(name)
    try settle()
  }

  mutating func leave(_ name: String) throws {
    waiting.removeAll { $0 == name }
    budget.leave(name)
    try settle()
  }

  /// Asks, reads and ends.
  mutating func useOnce(_ name: String, bytes: Int) throws {
    if try !ask(for: name, bytes: bytes) { try read(name) }
    try end(name)
  }
}

@Suite("Budget of models") struct ModelBudgetTests {
  @Test(arguments: 0..<200)
  func `Model budget: whatever is asked, it holds, nothing in use goes, and all are served`(
    seed: Int
  ) throws {
    var chance = SeededNumbers(seed: seed)
    var budget = BudgetUnderTest(bytes: chance.below(400))
    let sizes = (0..<8).map { _ in chance.below(300) }
    let names = (0..<8).map { $0 == 0 ? "default" : "m\($0)" }
    for _ in 0..<300 {
      let index = chance.below(8)
      let inUse = budget.users.filter { $0.value > 0 }.map(\.key).sorted()
      switch chance.below(8) {
      case 0..<4: _ = try budget.ask(for: names[index], bytes: sizes[index])
      case 4:
        if let name = budget.reading.randomElement(using: &chance) { try budget.read(name) }
      case 5:
        if let name = budget.reading.randomElement(using: &chance) { try budget.fail(name) }
      case 6:
        if let name = budget.waiting.randomElement(using: &chance) { try budget.leave(name) }
      default:
        if let name = inUse.randomElement(using: &chance) { try budget.end(name) }
      }
      for name in names { #expect(budget.budget.isLoaded(name) == (budget.sizes[name] != nil)) }
    }
    // Once all uses end and all files are read, nothing waits.
    while let name = budget.reading.first ?? budget.users.first(where: { $0.value > 0 })?.key {
      if budget.reading.contains(name) { try budget.read(name) } else { try budget.end(name) }
    }
    #expect(budget.waiting.isEmpty && budget.reading.isEmpty)
  }

  @Test func `Model budget: of those not in use, the least recently used goes first`() throws {
    var budget = BudgetUnderTest(bytes: 300)
    for name in ["a", "b", "c"] { try budget.useOnce(name, bytes: 100) }
    #expect(try budget.ask(for: "a", bytes: 100))
    #expect(try budget.ask(for: "b", bytes: 100))
    try budget.end("b")
    try budget.useOnce("d", bytes: 100)
    #expect(Set(budget.sizes.keys) == ["a", "b", "d"])
    try budget.useOnce("e", bytes: 200)
    #expect(Set(budget.sizes.keys) == ["a", "e"])
  }

  @Test func `Model budget: nothing goes for one that would not fit all the same`() throws {
    var budget = BudgetUnderTest(bytes: 300)
    try budget.useOnce("idle", bytes: 100)
    #expect(try !budget.ask(for: "used", bytes: 150))
    try budget.read("used")
    #expect(try !budget.ask(for: "large", bytes: 250))
    #expect(Set(budget.sizes.keys) == ["idle", "used"] && budget.waiting == ["large"])
    try budget.end("used")
    #expect(budget.sizes.isEmpty && budget.reading == ["large"])
  }

  @Test func `Model budget: one larger than it is read when no other is in memory`() throws {
    var budget = BudgetUnderTest(bytes: 300)
    try budget.useOnce("a", bytes: 100)
    #expect(try budget.ask(for: "a", bytes: 100))
    #expect(try !budget.ask(for: "giant", bytes: 5000))
    #expect(budget.reading.isEmpty)
    try budget.end("a")
    #expect(budget.reading == ["giant"] && budget.sizes.isEmpty)
    try budget.read("giant")
    // It stays until there is another.
    try budget.end("giant")
    #expect(Array(budget.sizes.keys) == ["giant"])
    try budget.useOnce("a", bytes: 100)
    #expect(Array(budget.sizes.keys) == ["a"])
  }

  @Test func `Model budget: the pinned model is read at once, never goes and is not counted`()
    throws
  {
    var budget = BudgetUnderTest(bytes: 100)
    #expect(try !budget.ask(for: "a", bytes: 100))
    #expect(try !budget.ask(for: "b", bytes: 100))
    #expect(try !budget.ask(for: "default", bytes: 900))
    #expect(budget.reading == ["a", "default"])
    try budget.read("default")
    try budget.read("a")
    try budget.end("default")
    try budget.end("a")
    #expect(budget.reading == ["b"] && budget.sizes == ["default": 900])
  }

  @Test func `Model budget: one that waits is passed by a bounded number of uses`() throws {
    var budget = BudgetUnderTest(bytes: 100)
    if try !budget.ask(for: "busy", bytes: 100) { try budget.read("busy") }
    #expect(try !budget.ask(for: "other", bytes: 100))
    for _ in 0..<ModelBudget.overtaking { #expect(try budget.ask(for: "busy", bytes: 100)) }
    #expect(try !budget.ask(for: "busy", bytes: 100))
    #expect(budget.waiting == ["other", "busy"])
    for _ in 0...ModelBudget.overtaking { try budget.end("busy") }
    #expect(budget.reading == ["other"] && budget.waiting == ["busy"])
    try budget.read("other")
    try budget.end("other")
    #expect(budget.reading == ["busy"])
  }

  @Test func `Model budget: one that waits for its turn and is still in memory is not read again`()
    throws
  {
    var budget = BudgetUnderTest(bytes: 200)
    if try !budget.ask(for: "busy", bytes: 50) { try budget.read("busy") }
    if try !budget.ask(for: "second", bytes: 100) { try budget.read("second") }
    #expect(try !budget.ask(for: "third", bytes: 150))
    for _ in 0..<ModelBudget.overtaking { #expect(try budget.ask(for: "busy", bytes: 50)) }
    #expect(try !budget.ask(for: "busy", bytes: 50))
    try budget.end("second")
    try budget.read("third")
    #expect(budget.waiting.isEmpty && Set(budget.sizes.keys) == ["busy", "third"])
    #expect(budget.users["busy"] == ModelBudget.overtaking + 2)
  }

  @Test func `Model budget: one that took more than was thought makes others go`() throws {
    var budget = ModelBudget(bytes: 200, pinned: "default")
    for name in ["a", "b"] {
      budget.wait(for: name, bytes: 90)
      #expect(budget.next() == .load(name))
      budget.loaded(name, bytes: name == "a" ? 90 : 180)
    }
    budget.take("b")
    #expect(budget.next() == .release("a"))
    #expect(budget.next() == nil)
    #expect(budget.totalBytes == 180)
  }
}
