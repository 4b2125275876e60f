/// A socket that a loop watches.
///
/// The socket stays open until the watch is cancelled. Its owner uses it from one thread at a time.
final class Watch {
  private let poller: Poller
  private let name: UInt64
  private var interest: Poller.Interest = []

  /// Creates a watch without interest; `notify` is called on the loop's thread.
  init(_ socket: Socket, on loop: EventLoop, notify: @escaping @Sendable (Readiness) -> Void) {
    poller = loop.poller
    name = poller.add(socket, notify: notify)
  }

  deinit {
    cancel()
  }

  var isReading: Bool {
    get { interest.contains(.readable) }
    set { change(.readable, to: newValue) }
  }

  var isWriting: Bool {
    get { interest.contains(.writable) }
    set { change(.writable, to: newValue) }
  }

  func cancel() {
    interest = []
    poller.remove(name)
  }

  private func change(_ part: Poller.Interest, to isOn: Bool) {
    let wanted = isOn ? interest.union(part) : interest.subtracting(part)
    guard wanted != interest, poller.set(wanted, for: name) else { return }
    interest = wanted
  }
}
