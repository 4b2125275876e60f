import Dispatch
import Foundation

/// The wish of whoever runs the program that it end: SIGTERM or SIGINT.
enum Signals {
  /// Returns at the first; a second one then ends the program at once, as is the system's default.
  static func wishToEnd() async {
    let numbers = [SIGTERM, SIGINT]
    let (wishes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let queue = DispatchQueue(label: "eyepiece.signals", qos: .userInteractive)
    let sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        for number in numbers { signal(number, SIG_DFL) }
        continuation.yield()
      }
      source.resume()
      return source
    }
    for await _ in wishes { break }
    for source in sources { source.cancel() }
  }

  /// Attends to each wish that the settings be read again, SIGHUP, until the task is cancelled.
  ///
  /// Of those that come while one is attended to, one is kept.
  static func onWishToReread(_ attend: () async -> Void) async {
    let (wishes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    signal(SIGHUP, SIG_IGN)
    let source = DispatchSource.makeSignalSource(
      signal: SIGHUP, queue: DispatchQueue(label: "eyepiece.hangups", qos: .userInteractive))
    source.setEventHandler { continuation.yield() }
    source.resume()
    for await _ in wishes { await attend() }
    source.cancel()
  }
}
