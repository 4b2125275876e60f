import HTTPServer
import Support
import Testing

@Suite("Timer wheel") struct TimerWheelTests {
  static let tick = Duration.milliseconds(250)

  @Test(arguments: 1...20)
  func `everybody is woken at their time, at most a tick late, and once`(seed: Int) {
    var numbers = SeededNumbers(seed: seed)
    var clock = ManualClock()
    var wheel = TimerWheel<Int>(tick: Self.tick, slots: 16, at: clock.now)
    var times: [Int: ContinuousClock.Instant] = [:]
    for _ in 0..<2000 {
      let sleeper = numbers.below(50)
      switch numbers.below(4) {
      case 0:
        wheel.remove(sleeper)
        times[sleeper] = nil
      default:
        // Within the circle, beyond it, and now.
        let time = clock.now.advanced(by: .milliseconds(numbers.below(12_000)))
        wheel.set(sleeper, for: time)
        times[sleeper] = time
      }
      guard numbers.below(3) == 0 else { continue }
      let before = clock.now
      clock.advance(by: .milliseconds(numbers.below(numbers.below(10) == 0 ? 9000 : 700)))
      let woken = wheel.advance(to: clock.now)
      #expect(Set(woken).count == woken.count)
      for sleeper in woken {
        let time = times.removeValue(forKey: sleeper)
        #expect(time.map { $0 <= clock.now } == true, "\(sleeper) too early, or twice")
      }
      let late = times.filter { $0.value.advanced(by: Self.tick) <= clock.now }
      #expect(late.isEmpty, "between \(before) and \(clock.now)")
      #expect(wheel.count == times.count)
    }
  }

  @Test func `a time that has passed is given out at the next tick, not before`() {
    var clock = ManualClock()
    var wheel = TimerWheel<Int>(tick: Self.tick, at: clock.now)
    wheel.set(1, for: clock.now)
    #expect(wheel.advance(to: clock.now).isEmpty)
    #expect(wheel.advance(to: clock.advance(by: Self.tick)) == [1])
    wheel.set(1, for: clock.now)
    #expect(wheel.advance(to: clock.now).isEmpty)
    #expect(wheel.advance(to: clock.advance(by: Self.tick)) == [1])
    #expect(wheel.count == 0)
  }

  @Test func `a long silence costs one turn of the wheel`() {
    var clock = ManualClock()
    var wheel = TimerWheel<Int>(tick: .nanoseconds(1), at: clock.now)
    wheel.set(1, for: clock.now.advanced(by: .seconds(86_400)))
    #expect(wheel.advance(to: clock.advance(by: .seconds(86_399))).isEmpty)
    #expect(wheel.advance(to: clock.advance(by: .seconds(2))) == [1])
  }
}
