import Dispatch

/// Runs handlers' tasks on threads of their own, so that whatever fills the cooperative pool cannot
/// keep a cheap answer waiting.
final class HandlerExecutor: TaskExecutor {
  private let queue = DispatchQueue(
    label: "eyepiece.handlers", qos: .userInitiated, attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // SAFETY: the job is run once, and this executor outlives it in the closure.
    queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
