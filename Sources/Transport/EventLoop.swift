import Dispatch
import Foundation
import Glibc
import Synchronization

/// A thread that waits for descriptors and runs jobs in sequence; an actor's executor.
///
/// Actors that share it run their readiness handlers without a hop and never wait for the
/// cooperative pool. It uses epoll directly: Dispatch's sources for short-lived descriptors end in
/// a use after free. Source: epoll(7); swift-corelibs-libdispatch, #949.
package final class EventLoop: SerialExecutor {
  let poller = Poller()
  private let loopThread: LoopThread

  package init(label: String) {
    loopThread = LoopThread(poller)
    let thread = Thread { [loopThread] in loopThread.run() }
    thread.name = label
    thread.start()
  }

  deinit {
    loopThread.stop()
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // SAFETY: the job is run once, on the loop's thread, and the closure keeps the loop.
    loopThread.perform { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  /// Calls a function on the loop's thread, asynchronously.
  package func perform(_ body: @escaping @Sendable () -> Void) {
    loopThread.perform(body)
  }

  package func checkIsolated() {
    precondition(loopThread.isCurrent, "not on the loop's thread")
  }
}

/// The state of a loop's thread.
///
/// The thread holds this rather than the loop, so that the loop can be released on any thread.
private final class LoopThread: Sendable {
  private struct State {
    var tasks: [@Sendable () -> Void] = []
    /// Whether the thread checks for tasks before it waits again.
    var isAwake = false
    var isStopped = false
  }

  private let poller: Poller
  private let state = Mutex(State())
  private let thread = Atomic<UInt>(0)

  init(_ poller: Poller) {
    self.poller = poller
  }

  var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  func perform(_ task: @escaping @Sendable () -> Void) {
    change { $0.tasks.append(task) }
  }

  /// Ends the thread when its remaining tasks are done.
  func stop() {
    change { $0.isStopped = true }
  }

  private func change(_ body: (inout State) -> Void) {
    let mustWake = state.withLock { state in
      body(&state)
      defer { state.isAwake = true }
      return !state.isAwake
    }
    if mustWake { poller.wake() }
  }

  func run() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    while true {
      let (tasks, isStopped) = state.withLock { state in
        defer { state.tasks = [] }
        state.isAwake = !state.tasks.isEmpty
        return (state.tasks, state.isStopped)
      }
      for task in tasks { task() }
      guard tasks.isEmpty else {
        poller.poll(waits: false) {}
        continue
      }
      if isStopped { return }
      poller.poll(waits: true) { state.withLock { $0.isAwake = true } }
    }
  }
}

/// Calls a function on a loop at a fixed interval, until it is released.
package final class Ticker {
  private let source: any DispatchSourceTimer

  /// Starts the calls; `interval` may be a quarter longer, so that an idle machine can sleep.
  package init(
    every interval: Duration, on loop: EventLoop, _ tick: @escaping @Sendable () -> Void
  ) {
    let (seconds, attoseconds) = interval.components
    let nanoseconds = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    source = DispatchSource.makeTimerSource()
    source.schedule(
      deadline: .now() + .nanoseconds(nanoseconds), repeating: .nanoseconds(nanoseconds),
      leeway: .nanoseconds(nanoseconds / 4))
    source.setEventHandler { loop.perform(tick) }
    source.resume()
  }

  deinit {
    source.cancel()
  }
}
