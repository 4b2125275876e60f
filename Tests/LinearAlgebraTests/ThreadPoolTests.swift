import Foundation
import LinearAlgebra
import Support
import Testing

/// Loops shared by a team of threads; each test ends by a deadline even if the loops do not.
@Suite("Workers") struct ThreadPoolTests {
  static let teams = [1, 2, 3]

  /// A team that is not kept alive.
  private struct Weak: Sendable {
    weak var team: ThreadPool?
  }

  /// Runs `body` on a thread of its own; whether it ended in time.
  private func ends(_ body: @escaping @Sendable () -> Void) async -> Bool {
    let isDone = Box(false)
    Thread.detachNewThread {
      body()
      isDone.value = true
    }
    return await isDone.until { $0 }
  }

  @Test(arguments: teams, [0, 1, 2, 3, 7, 100, 2000])
  func `every index runs once, on a member of the team`(members: Int, count: Int) async {
    let workers = ThreadPool(count: members)
    defer { workers.close() }
    let runs = Box([Int](repeating: 0, count: count))
    let unknown = Box(0)
    let ended = await ends {
      workers.forEach(count) { index, member in
        runs.update { $0[index] += 1 }
        if !(0..<members).contains(member) { unknown.update { $0 += 1 } }
      }
    }
    #expect(ended && runs.value.allSatisfy { $0 == 1 } && unknown.value == 0)
  }

  @Test(arguments: [0, 1, 2, 3], [0, 1, 5, 300])
  func `what is made of every index comes in order, with a team or none`(
    members: Int, count: Int
  ) {
    let workers = members > 0 ? ThreadPool(count: members) : nil
    defer { workers?.close() }
    #expect(workers.members == max(members, 1))
    let parts = workers.map(count) { index, member in (index, member) }
    #expect(parts.map(\.0) == Array(0..<count))
    #expect(parts.allSatisfy { (0..<max(members, 1)).contains($0.1) })
  }

  @Test(arguments: teams)
  func `loops inside loops inside loops run every index once`(members: Int) async {
    let workers = ThreadPool(count: members)
    defer { workers.close() }
    let runs = Box([Int](repeating: 0, count: 7 * 5 * 11))
    let ended = await ends {
      workers.forEach(7) { i, _ in
        workers.forEach(5) { j, _ in
          workers.forEach(11) { k, _ in runs.update { $0[(i * 5 + j) * 11 + k] += 1 } }
        }
        workers.forEach(0) { _, _ in }
      }
    }
    #expect(ended && runs.value.allSatisfy { $0 == 1 })
  }

  /// What makes a member's number an index for memory of its own.
  @Test(arguments: teams)
  func `no two bodies of innermost loops run under one number at a time`(members: Int) async {
    let workers = ThreadPool(count: members)
    defer { workers.close() }
    let busy = Box([Bool](repeating: false, count: members))
    let clashes = Box(0)
    let ended = await ends {
      workers.forEach(6) { _, _ in
        workers.forEach(200) { _, member in
          busy.update { busy in
            if busy[member] { clashes.update { $0 += 1 } }
            busy[member] = true
          }
          // Long enough that others get to run meanwhile.
          for _ in 0..<200 { busy.update { $0[member] = true } }
          busy.update { $0[member] = false }
        }
      }
    }
    #expect(ended && clashes.value == 0)
  }

  @Test(arguments: teams)
  func `several threads may start loops at once, each gets its own`(members: Int) async {
    let workers = ThreadPool(count: members)
    defer { workers.close() }
    let sums = Box([Int](repeating: 0, count: 8))
    await withTaskGroup(of: Bool.self) { group in
      for client in 0..<8 {
        group.addTask {
          await ends {
            for _ in 0..<20 {
              workers.forEach(10) { i, _ in
                workers.forEach(3) { j, _ in sums.update { $0[client] += 3 * i + j } }
              }
            }
          }
        }
      }
      for await ended in group { #expect(ended) }
    }
    #expect(sums.value == [Int](repeating: 20 * 435, count: 8))
  }

  @Test(arguments: teams)
  func `ThreadPool: an interactive loop waits for one index of a background loop, not for all`(
    threads: Int
  ) async {
    let pool = ThreadPool(count: threads)
    defer { pool.close() }
    let order = Box<[String]>([])
    let hasBegun = Gate()
    let hasAsked = Gate()
    let ended = await ends {
      let asked = Box(false)
      Thread.detachNewThread {
        hasBegun.pass()
        pool.with(.interactive).forEach(1) { _, _ in order.update { $0.append("interactive") } }
        asked.value = true
        hasAsked.open()
      }
      pool.forEach(1) { _, _ in
        hasBegun.open()
        // As many inner indices as it takes until the other loop was served in between.
        pool.forEach(1_000_000) { _, _ in
          if !asked.value { order.update { $0.append("background") } }
        }
      }
      order.update { $0.append("end") }
    }
    #expect(ended)
    hasAsked.pass()
    let served = order.value.firstIndex(of: "interactive")
    #expect(served != nil && order.value.count < 1_000_000)
    #expect(order.value.last == "end")
  }

  /// Many short loops, as training makes them, do not each wait for what a thread is in the middle of.
  @Test(arguments: teams, [1, 5])
  func `ThreadPool: a caller ends its interactive loops while every thread is in a long index`(
    threads: Int, count: Int
  ) async {
    let pool = ThreadPool(count: threads)
    defer { pool.close() }
    let mayEnd = Gate()
    Thread.detachNewThread { pool.forEach(threads) { _, _ in mayEnd.pass() } }
    let areBusy = await mayEnd.arrived(threads)
    let interactive = pool.with(.interactive)
    let numbers = Box<Set<Int>>([])
    let ended = await ends {
      for _ in 0..<20 {
        interactive.forEach(count) { _, member in numbers.update { $0.insert(member) } }
      }
    }
    #expect(areBusy && ended && numbers.value == [threads])
    #expect(interactive.members == threads + 1 && pool.members == threads)
    mayEnd.open()
  }

  @Test func `ThreadPool: background loops go on while interactive ones keep coming`() async {
    let pool = ThreadPool(count: 1)
    defer { pool.close() }
    let isDone = Box(false)
    let hasEnded = Gate()
    let ended = await ends {
      Thread.detachNewThread {
        let interactive = pool.with(.interactive)
        while !isDone.value { interactive.forEach(3) { _, _ in } }
        hasEnded.open()
      }
      pool.forEach(50) { _, _ in pool.forEach(50) { _, _ in } }
      isDone.value = true
      // Not until then may the pool be closed.
      hasEnded.pass()
    }
    #expect(ended)
  }

  @Test func `a loop has ended when its call returns`() async {
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    let early = Box(0)
    let ended = await ends {
      for _ in 0..<300 {
        let done = Box(0)
        workers.forEach(4) { _, _ in
          workers.forEach(2) { _, _ in done.update { $0 += 1 } }
        }
        if done.value != 8 { early.update { $0 += 1 } }
      }
    }
    #expect(ended && early.value == 0)
  }

  @Test func `results do not depend on the size of the team`() async {
    var results: [[Float]] = []
    for members in ThreadPoolTests.teams {
      let workers = ThreadPool(count: members)
      defer { workers.close() }
      var chance = SeededNumbers(seed: 5)
      let (a, b) = (
        Matrix(rows: 700, columns: 96, chance.floats(700 * 96)),
        Matrix(rows: 130, columns: 96, chance.floats(130 * 96))
      )
      let c = MutableMatrix(rows: 700, columns: 130)
      let blocks = Blocks(of: 700, atMost: 64)
      let ended = await ends {
        workers.forEach(blocks.count) { index, _ in
          multiply(a[rows: blocks[index]], transposed: b.all, into: c[rows: blocks[index]])
        }
      }
      #expect(ended)
      results.append(c.values)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func `a member of one team is a stranger to another`() async {
    let (large, small) = (ThreadPool(count: 3), ThreadPool(count: 1))
    defer {
      large.close()
      small.close()
    }
    let numbers = Box<Set<Int>>([])
    let ended = await ends {
      large.forEach(30) { _, _ in
        small.forEach(2) { _, member in numbers.update { $0.insert(member) } }
      }
    }
    #expect(ended && numbers.value == [0])
  }

  @Test(arguments: teams)
  func `a team that was let go ends its loops, then its threads`(members: Int) async {
    let left = Box(Weak())
    let runs = Box(0)
    do {
      let workers = ThreadPool(count: members)
      left.update { $0.team = workers }
      let ended = await ends {
        workers.forEach(50) { index, _ in
          if index == 0 { workers.close() }
          workers.forEach(4) { _, _ in runs.update { $0 += 1 } }
        }
      }
      #expect(ended)
    }
    #expect(runs.value == 200)
    // The threads hold the team; the last to end gives it up.
    let isGone = await eventually { left.value.team == nil }
    #expect(isGone)
  }

  @Test func `a loop for a team that was let go is a mistake, not a wait without end`() async {
    await #expect(processExitsWith: .failure) {
      let workers = ThreadPool(count: 1)
      workers.close()
      workers.forEach(1) { _, _ in }
    }
  }
}
