import Dispatch
import Foundation

/// Signals from the operator, received from the call on.
enum Signals {
  /// The first SIGTERM or SIGINT; a second one then ends the program at once, as is the system's
  /// default.
  static func wishToEnd() -> some AsyncSequence<Void, Never> & Sendable {
    let numbers = [SIGTERM, SIGINT]
    let (wishes, source) = arrivals(of: numbers) {
      for number in numbers { signal(number, SIG_DFL) }
    }
    return wishes.map { withExtendedLifetime(source) {} }
  }

  /// Each SIGHUP; several at once may be one.
  static func wishesToReload() -> some AsyncSequence<Void, Never> & Sendable {
    let (wishes, source) = arrivals(of: [SIGHUP]) {}
    return wishes.map { withExtendedLifetime(source) {} }
  }

  private static func arrivals(
    of numbers: [Int32], at once: @escaping @Sendable () -> Void
  ) -> (AsyncStream<Void>, Sources) {
    let (arrivals, continuation) = AsyncStream<Void>.makeStream(
      bufferingPolicy: .bufferingOldest(1))
    let queue = DispatchQueue(label: "eyepiece.signals", qos: .userInteractive)
    let sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        once()
        continuation.yield()
      }
      source.resume()
      return source
    }
    return (arrivals, Sources(sources))
  }
}

/// Sources that stop when their stream is released.
// SAFETY: `cancel` may be called on every thread, and nothing else is called.
private final class Sources: @unchecked Sendable {
  private let sources: [any DispatchSourceSignal]

  init(_ sources: [any DispatchSourceSignal]) {
    self.sources = sources
  }

  deinit {
    for source in sources { source.cancel() }
  }
}
