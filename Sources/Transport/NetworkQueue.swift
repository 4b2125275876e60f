import Dispatch

/// The one serial queue on which a server's sockets are read and written, as an actor's executor.
///
/// Actors that share it run their readiness handlers without a hop, and none of them ever waits on
/// the cooperative pool.
package final class NetworkQueue: SerialExecutor {
  let queue: DispatchQueue

  package init(label: String) {
    queue = DispatchQueue(label: label, qos: .userInteractive)
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // SAFETY: the job is run once, on the queue that stands behind this executor.
    queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  /// Calls a function on the queue, soon.
  package func perform(_ body: @escaping @Sendable () -> Void) {
    queue.async(execute: body)
  }

  package func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(queue))
  }
}

/// Calls a function at a steady pace on a network queue, until it is released.
package final class Ticker {
  private let source: any DispatchSourceTimer

  /// `interval` may stretch by a quarter, so that a quiet machine sleeps.
  package init(
    every interval: Duration, on network: NetworkQueue, _ tick: @escaping @Sendable () -> Void
  ) {
    let (seconds, attoseconds) = interval.components
    let nanoseconds = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    source = DispatchSource.makeTimerSource(queue: network.queue)
    source.schedule(
      deadline: .now() + .nanoseconds(nanoseconds), repeating: .nanoseconds(nanoseconds),
      leeway: .nanoseconds(nanoseconds / 4))
    source.setEventHandler(handler: tick)
    source.resume()
  }

  deinit {
    source.cancel()
  }
}
