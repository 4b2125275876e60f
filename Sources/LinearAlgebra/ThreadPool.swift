import Foundation
import Synchronization

/// A fixed team of threads that shares out loops, loops inside loops too.
///
/// A loop's body runs once for each index, on whichever member is free; a member that starts a
/// loop of its own works on it and the others help when they have nothing else to begin. What an
/// index computes never depends on who computes it, so neither do the results on the team's size.
package final class ThreadPool: @unchecked Sendable {  // SAFETY: `state` guards all that changes.
  package let count: Int
  /// How long a member looks for news before it sleeps: waking one takes about as long, so that
  /// short waits between loops cost little and long ones nothing.
  private static let patience = Duration.microseconds(50)

  private let state = NSCondition()
  /// Counts what may end a wait; changed with the lock held, read without it too.
  private let news = Atomic(0)
  private var loops: [Loop] = []
  private var isOpen = true

  package init(count: Int) {
    precondition(count > 0, "a team of \(count)")
    self.count = count
    for member in 0..<count {
      let thread = Thread { [self] in serve(as: member) }
      thread.name = "eyepiece-\(member)"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  /// Lets the members go; loops that run are finished first, and no more may be started.
  package func close() {
    state.withLock {
      isOpen = false
      announce()
    }
  }

  /// Runs `body` for every index below `count`, given the index and the member that runs it.
  ///
  /// Returns when all are done. From outside the team the caller only waits.
  package func forEach(_ count: Int, _ body: @escaping @Sendable (Int, WorkerIndex) -> Void) {
    guard count > 0 else { return }
    let member = member
    let loop = Loop(count: count, isNested: member != nil, body: body)
    state.lock()
    precondition(isOpen || member != nil, "a loop for a team that was let go")
    loops.append(loop)
    announce()
    if let member { work(on: loop, as: member) }
    while loop.running > 0 || loop.next < loop.count { wait() }
    state.unlock()
  }
}

extension ThreadPool {
  /// A member's number, below the team's `count`: an index for memory that only it touches.
  package typealias WorkerIndex = Int

  /// A thread's place in a team, kept with the thread.
  private struct Membership {
    static let key = "eyepiece.member"

    let team: ThreadPool
    let member: WorkerIndex
  }

  /// The member that the current thread is, if it is one of this team.
  fileprivate var member: WorkerIndex? {
    let membership = Thread.current.threadDictionary[Membership.key] as? Membership
    return membership?.team === self ? membership?.member : nil
  }

  /// One call of `forEach`.
  ///
  /// All of it is guarded by the team's lock.
  fileprivate final class Loop {
    let count: Int
    let isNested: Bool
    let body: @Sendable (Int, WorkerIndex) -> Void
    var next = 0
    var running = 0

    init(count: Int, isNested: Bool, body: @escaping @Sendable (Int, WorkerIndex) -> Void) {
      self.count = count
      self.isNested = isNested
      self.body = body
    }
  }

  private func serve(as member: WorkerIndex) {
    Thread.current.threadDictionary[Membership.key] = Membership(team: self, member: member)
    state.lock()
    while true {
      if let loop = nextLoop() {
        run(loop, as: member)
      } else if isOpen {
        wait()
      } else {
        break
      }
    }
    state.unlock()
  }

  /// What to begin next: an inner loop, so that what was begun ends; else the loop that the fewest
  /// members work on, the oldest among equals, so that several clients advance together.
  private func nextLoop() -> Loop? {
    loops.first(where: \.isNested) ?? loops.min { $0.running < $1.running }
  }

  /// Works on one loop until no index is left to begin; called and left with the lock held.
  private func work(on loop: Loop, as member: WorkerIndex) {
    while loop.next < loop.count { run(loop, as: member) }
  }

  /// Runs one index; called and left with the lock held.
  private func run(_ loop: Loop, as member: WorkerIndex) {
    let index = loop.next
    loop.next += 1
    loop.running += 1
    if loop.next == loop.count { loops.removeAll { $0 === loop } }
    state.unlock()
    loop.body(index, member)
    state.lock()
    loop.running -= 1
    if loop.running == 0, loop.next == loop.count { announce() }
  }

  /// Tells all who wait to look again; called with the lock held.
  private func announce() {
    news.wrappingAdd(1, ordering: .releasing)
    state.broadcast()
  }

  /// Waits for news, at first awake; called and left with the lock held.
  private func wait() {
    let known = news.load(ordering: .relaxed)
    state.unlock()
    let end = ContinuousClock.now + ThreadPool.patience
    while news.load(ordering: .acquiring) == known, ContinuousClock.now < end {}
    state.lock()
    if news.load(ordering: .relaxed) == known { state.wait() }
  }
}
