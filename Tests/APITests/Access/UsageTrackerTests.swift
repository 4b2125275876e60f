import API
import Support
import Testing

@Suite("Usage tracker") struct UsageTrackerTests {
  /// Random requests of a few names, compared with a list of all in progress.
  @Test(arguments: 0..<30)
  func `UsageTracker: no name exceeds its quota, and ended requests are forgotten`(
    seed: Int
  ) throws {
    var chance = SeededNumbers(seed: seed)
    var usage = UsageTracker()
    let quota = UsageTracker.Quota(work: 1 + chance.below(5), bytes: 100)
    var open: [(name: String, bytes: Int)] = []
    for _ in 0..<500 {
      let name = "user\(chance.below(4))"
      let mine = open.filter { $0.name == name }
      let held = mine.reduce(0) { $0 + $1.bytes }
      if chance.below(2) == 0 {
        let bytes = chance.below(8) == 0 ? Int.max : chance.below(70)
        let fits = held == 0 || (held <= 100 && bytes <= 100 - held)
        let expected: UsageTracker.QuotaExceeded? =
          mine.count >= quota.work ? .work : fits ? nil : .bytes
        try #require(usage.exceeded(name, bytes: bytes, within: quota) == expected)
        try #require(usage.begin(name, bytes: bytes, within: quota) == expected)
        if expected == nil { open.append((name, bytes)) }
      } else if let index = open.indices.randomElement(using: &chance) {
        let gone = open.remove(at: index)
        usage.end(gone.name, bytes: gone.bytes)
      }
      for name in Set(open.map(\.name)) {
        let mine = open.filter { $0.name == name }
        try #require(usage.use(name).work == mine.count)
        try #require(usage.use(name).bytes == mine.reduce(0) { $0 + $1.bytes })
      }
      try #require(usage.count == Set(open.map(\.name)).count)
    }
  }
}
