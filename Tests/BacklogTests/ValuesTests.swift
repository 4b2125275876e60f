import Backlog
import BacklogLaws
import Support
import Testing

@Suite("Backlog values") struct ValuesTests {
  @Test
  func `TimeOrderedID: its text is read back, and nothing else is`() throws {
    var chance = SeededNumbers(seed: 4)
    for _ in 0..<200 {
      let random = (0..<10).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
      let time = Timestamp(milliseconds: Int(chance.next() >> 17))
      let id = JobID(at: time, random: random)
      let text = id.description
      #expect(JobID(text) == id && JobID(bytes: id.bytes) == id)
      let digits = Array(text)
      #expect(digits[14] == "7" && "89ab".contains(digits[19]) && digits.count == 36)
      for other in [text.uppercased(), String(text.dropLast()), text + "0", " \(text)"]
      where other != text { #expect(JobID(other) == nil, "\(other)") }
      var wrong = digits
      let place = chance.below(36)
      wrong[place] = wrong[place] == "-" ? "0" : "g"
      #expect(JobID(String(wrong)) == nil)
    }
    #expect(JobID(bytes: [1, 2, 3]) == nil)
  }

  @Test
  func `TimeOrderedID: later ones are greater`() {
    let texts = (0..<50).map { number in
      JobID(
        at: Timestamp(milliseconds: 1_800_000_000_000 + number * number),
        random: Array(repeating: UInt8(200 - number), count: 10)
      ).description
    }
    #expect(texts == texts.sorted())
  }

  @Test
  func `Timestamp: no sum is out of range`() {
    let now = Timestamp(milliseconds: 1000)
    #expect(now.advanced(by: 1.5).milliseconds == 2500)
    #expect(now.advanced(by: 1e300).milliseconds == .max)
    #expect(now.advanced(by: -1e300).milliseconds < -(1 << 60))
    #expect(now.advanced(by: .infinity).milliseconds == .max)
    #expect(Timestamp(milliseconds: .max).advanced(by: 5).milliseconds == .max)
    #expect(now.advanced(by: 2).seconds(since: now) == 2)
  }

  @Test
  func `ClockAgreement: a clock that jumps, or stands, is not believed for a day`() {
    var clocks = ClockAgreement()
    var (wall, steady) = (Timestamp(milliseconds: 1_800_000_000_000), 100.0)
    func look(_ wallPassed: Double, _ passed: Double) -> Bool {
      wall = wall.advanced(by: wallPassed)
      steady += passed
      return clocks.agree(wall: wall, steady: steady)
    }
    #expect(!look(0, 0))
    #expect(look(10, 10) && look(10.9, 10) && look(9.1, 10))
    #expect(!look(12, 10) && !look(8, 10) && !look(31_536_000, 10) && !look(-10, 10))
    #expect(!look(10, 10) && !look(86_380, 86_380))
    #expect(look(10, 10))
    #expect(!look(10 + 31_536_000, 10) && !look(43_200, 43_200))
    // What was wrong was set right: that is a jump too.
    #expect(!look(10 - 31_536_000, 10) && !look(86_390, 86_390) && look(10, 10))
  }

  @Test
  func `Room: no more is taken than fits, in order`() {
    func count(
      _ runners: Int, _ jobs: [(Double, Int)], bytes: Int = 100, suspects: Set<Int> = [],
      isIdle: Bool = true
    ) -> Int {
      Room(runners: runners, bytes: bytes, weights: [], isIdle: isIdle).count(
        of: jobs.enumerated().map {
          Room.Candidate(
            seconds: $0.element.0, bytes: $0.element.1, isSuspect: suspects.contains($0.offset))
        })
    }
    #expect(count(1, []) == 0)
    #expect(count(2, [(8, 1), (8, 1), (8, 1)]) == 2)
    #expect(count(1, Array(repeating: (0.5, 1), count: 20)) == 4)
    #expect(count(1, Array(repeating: (0, 0), count: 200)) == Room.largestClaim)
    #expect(count(3, [(8, 60), (8, 60), (8, 1)]) == 1)
    #expect(count(2, [(8, 1), (8, 1)], suspects: [0]) == 1)
    #expect(count(2, [(8, 1), (8, 1)], suspects: [1]) == 1)
    #expect(count(2, [(8, 1), (8, 1)], suspects: [0], isIdle: false) == 0)
  }

  @Test
  func `BacklogPolicy: the time until a job is tried again doubles up to five minutes`() {
    let policy = BacklogPolicy()
    #expect((1...5).map { policy.delay(afterTries: $0) } == [2, 4, 8, 16, 32])
    #expect(policy.delay(afterTries: 9) == 300 && policy.delay(afterTries: 1000) == 300)
  }
}
