import Scheduling
import Support
import Testing

@Suite("Values computed ahead", .timeLimit(.minutes(2))) struct InOrderTests {
  private let queue = JobQueue(limits: .init(runners: 2, waiting: 10, heldBytes: 100))

  private struct Refusal: Error {}

  @Test(arguments: [0, 1, 2, 3, 50], [1, 2, 3, 7])
  func `InOrder: values come in order, and no more exist at a time than the limit`(
    count: Int, ahead: Int
  )
    async throws
  {
    let (begun, most) = (Box(0), Box(0))
    var taken: [Int] = []
    try await queue.inOrder(count, ahead: ahead) { index in
      begun.update { $0 += 1 }
      return index * index
    } to: { value in
      taken.append(value)
      // Values started and not yet consumed, including this one.
      most.update { $0 = max($0, begun.value - taken.count + 1) }
      await Task.yield()
    }
    #expect(taken == (0..<count).map { $0 * $0 })
    #expect(begun.value == count)
    #expect(most.value <= ahead)
  }

  @Test func `InOrder: the next value is computed while the last is consumed`() async throws {
    let gate = Gate()
    try await queue.inOrder(2, ahead: 2) { index in
      if index == 1 { gate.pass() }
      return index
    } to: { value in
      guard value == 0 else { return }
      let isBeingMade = await gate.arrived(1)
      #expect(isBeingMade)
      gate.open()
    }
  }

  @Test func `InOrder: a sink that throws ends it`() async throws {
    let begun = Box(0)
    await #expect(throws: Refusal.self) {
      try await queue.inOrder(100, ahead: 3) { _ in
        begun.update { $0 += 1 }
      } to: { _ in
        throw Refusal()
      }
    }
    #expect(begun.value <= 3)
  }

  @Test func `InOrder: work that throws ends it, after the preceding values`() async throws {
    let taken = Box<[Int]>([])
    await #expect(throws: Refusal.self) {
      try await queue.inOrder(100, ahead: 1) { index in
        if index == 2 { throw Refusal() }
        return index
      } to: { value in
        taken.update { $0.append(value) }
      }
    }
    #expect(taken.value == [0, 1])
  }
}
