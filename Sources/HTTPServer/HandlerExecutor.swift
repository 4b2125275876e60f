import Dispatch

/// Runs handlers' tasks on threads of their own, so that whatever fills the cooperative pool cannot
/// keep a cheap answer waiting.
///
/// They are few: a handler that computes on them delays the others.
final class HandlerExecutor: TaskExecutor {
  /// Of a class that tasks do not use.
  private let queue = DispatchQueue(
    label: "eyepiece.handlers", qos: .userInteractive, attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // SAFETY: the job is run once, and this executor outlives it in the closure.
    queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
