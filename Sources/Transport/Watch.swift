/// A socket that a loop watches.
///
/// The socket stays open until the watch is cancelled, which may be done from any thread.
final class Watch {
  private let poller: Poller
  private let name: UInt64

  /// Begins switched off; `notify` is called on the loop's thread.
  init(_ socket: Socket, on loop: EventLoop, notify: @escaping @Sendable (Readiness) -> Void) {
    poller = loop.poller
    name = poller.add(socket, notify: notify)
  }

  deinit {
    cancel()
  }

  var isReading: Bool {
    get { poller.interest(in: name).contains(.readable) }
    set { change(.readable, to: newValue) }
  }

  var isWriting: Bool {
    get { poller.interest(in: name).contains(.writable) }
    set { change(.writable, to: newValue) }
  }

  func cancel() {
    poller.remove(name)
  }

  private func change(_ part: Poller.Interest, to isOn: Bool) {
    let interest = poller.interest(in: name)
    poller.set(isOn ? interest.union(part) : interest.subtracting(part), for: name)
  }
}
