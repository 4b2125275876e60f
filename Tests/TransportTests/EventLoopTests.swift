import Dispatch
import Foundation
import Support
import Synchronization
import Testing
import Transport

@Suite("Event loop") struct EventLoopTests {
  @Test func `EventLoop: jobs of many threads run one after another, each thread's in order`()
    async throws
  {
    let loop = EventLoop(label: "test")
    let (threads, each) = (8, 2000)
    // Accessed by the loop alone.
    let done = Mutex([Int](repeating: 0, count: threads))
    let inside = Atomic(0)
    let misplaced = Atomic(0)
    try await onThread {
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        for number in 0..<each {
          loop.perform {
            if inside.add(1, ordering: .relaxed).newValue != 1 {
              misplaced.add(1, ordering: .relaxed)
            }
            loop.checkIsolated()
            done.withLock { done in
              if done[thread] != number { misplaced.add(1, ordering: .relaxed) }
              done[thread] += 1
            }
            inside.subtract(1, ordering: .relaxed)
          }
        }
      }
    }
    #expect(await eventually { done.withLock { $0.allSatisfy { $0 == each } } })
    #expect(misplaced.load(ordering: .relaxed) == 0)
  }

  @Test func `EventLoop: a released loop runs its remaining jobs, and leaks nothing`()
    async throws
  {
    func held() throws -> [Int] {
      try ["fd", "task"].map { folder in
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(folder)").count
      }
    }
    let before = try held()
    let done = Atomic(0)
    for number in 0..<50 {
      let loop = EventLoop(label: "test")
      // Going to sleep, or not yet awake.
      if number % 2 == 0 {
        await withCheckedContinuation { waiter in loop.perform { waiter.resume() } }
      }
      loop.perform { done.add(1, ordering: .relaxed) }
    }
    #expect(await eventually { done.load(ordering: .relaxed) == 50 })
    // Other threads may come and go meanwhile: the fifty are gone when most are.
    #expect(
      await eventually { (try? held()).map { zip($0, before).allSatisfy { $0 < $1 + 20 } } == true }
    )
  }
}
