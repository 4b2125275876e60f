import Foundation

/// Runs work on so many threads of its own, and waits for all of them.
package func inThreads(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
  let isDone = DispatchSemaphore(value: 0)
  for number in 0..<count {
    Thread {
      work(number)
      isDone.signal()
    }.start()
  }
  for _ in 0..<count { isDone.wait() }
}
