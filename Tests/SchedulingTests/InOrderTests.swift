import Scheduling
import Support
import Testing

@Suite("Values computed ahead", .timeLimit(.minutes(2))) struct InOrderTests {
  private let queue = JobQueue(limits: .init(runners: 2, waiting: 10, heldBytes: 100))

  private struct Refusal: Error {}

  /// Gives the numbers below a count, while fewer than so many are under way.
  private struct Numbers {
    let count: Int
    let ahead: Int
    var begun = 0

    mutating func next(_ underWay: Int) -> Int? {
      guard begun < count, underWay < ahead else { return nil }
      begun += 1
      return begun - 1
    }
  }

  @Test(arguments: [0, 1, 2, 3, 50], [1, 2, 3, 7])
  func `InOrder: values come in order, and no more exist at a time than the limit`(
    count: Int, ahead: Int
  ) async throws {
    var (numbers, taken, most) = (Numbers(count: count, ahead: ahead), [Int](), 0)
    try await queue.inOrder {
      numbers.next($0)
    } make: { index in
      index * index
    } to: { value in
      taken.append(value)
      // Those begun and not yet taken, this one among them.
      most = max(most, numbers.begun - taken.count + 1)
      await Task.yield()
    }
    #expect(taken == (0..<count).map { $0 * $0 })
    #expect(numbers.begun == count)
    #expect(most <= ahead)
  }

  @Test func `InOrder: the next value is computed while the last is consumed`() async throws {
    let gate = Gate()
    var numbers = Numbers(count: 2, ahead: 2)
    try await queue.inOrder {
      numbers.next($0)
    } make: { index in
      if index == 1 { gate.pass() }
      return index
    } to: { value in
      guard value == 0 else { return }
      let isBeingMade = await gate.arrived(1)
      #expect(isBeingMade)
      gate.open()
    }
  }

  @Test func `InOrder: a part is released when its value was consumed`() async throws {
    let held = Box<Set<Int>>([])
    var numbers = Numbers(count: 20, ahead: 3)
    try await queue.inOrder {
      let part = numbers.next($0)
      if let part { held.update { $0.insert(part) } }
      return part
    } make: {
      $0
    } to: { value in
      #expect(held.value.contains(value) && held.value.count <= 3)
    } release: { part in
      held.update { $0.remove(part) }
    }
    #expect(held.value.isEmpty)
  }

  @Test func `InOrder: a sink that throws ends it`() async throws {
    var numbers = Numbers(count: 100, ahead: 3)
    await #expect(throws: Refusal.self) {
      try await queue.inOrder {
        numbers.next($0)
      } make: { _ in
      } to: { _ in
        throw Refusal()
      }
    }
    #expect(numbers.begun <= 3)
  }

  @Test func `InOrder: work that throws ends it, after the preceding values`() async throws {
    var (numbers, taken) = (Numbers(count: 100, ahead: 1), [Int]())
    await #expect(throws: Refusal.self) {
      try await queue.inOrder {
        numbers.next($0)
      } make: { index in
        if index == 2 { throw Refusal() }
        return index
      } to: { value in
        taken.append(value)
      }
    }
    #expect(taken == [0, 1])
  }
}
