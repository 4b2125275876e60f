import CLinux
import Glibc
import Synchronization

/// The descriptors that a loop waits for, under names that are never reused.
///
/// Events of descriptors that were removed meanwhile find no name, and are dropped. Source:
/// epoll(7).
final class Poller: Sendable {
  /// The events waited for, level-triggered.
  struct Interest: OptionSet, Sendable {
    let rawValue: UInt8
    static let readable = Interest(rawValue: 1)
    static let writable = Interest(rawValue: 2)
  }

  /// A registered socket, which stays open while it is registered.
  private struct Entry {
    let socket: Socket
    let notify: @Sendable (Readiness) -> Void
    var interest: Interest = []
  }

  private struct Register {
    var entries: [UInt64: Entry] = [:]
    var lastName = Poller.alarmName
  }

  private static let alarmName: UInt64 = 0
  /// The maximum number of events per call of `epoll_wait`.
  private static let portion = 256

  private let epoll: Int32
  /// An eventfd that is written to in order to wake the loop.
  private let alarm: Int32
  private let register = Mutex(Register())

  init() {
    epoll = epoll_create1(epoll_cloexec)
    alarm = eventfd(0, eventfd_flags)
    precondition(epoll >= 0 && alarm >= 0, "no descriptor is left to wait with")
    control(EPOLL_CTL_ADD, alarm, epoll_in, Poller.alarmName)
  }

  deinit {
    close(alarm)
    close(epoll)
  }

  /// Registers a socket, at first without any interest.
  func add(_ socket: Socket, notify: @escaping @Sendable (Readiness) -> Void) -> UInt64 {
    register.withLock { register in
      register.lastName += 1
      register.entries[register.lastName] = Entry(socket: socket, notify: notify)
      return register.lastName
    }
  }

  /// Sets the events waited for; without any, the descriptor is removed from epoll.
  ///
  /// Otherwise epoll would still report broken connections. Returns whether the change was made. It
  /// fails without memory in the kernel; then no event comes, and the connection's timers end it.
  @discardableResult
  func set(_ interest: Interest, for name: UInt64) -> Bool {
    register.withLock { register in
      guard let entry = register.entries[name] else { return false }
      guard entry.interest != interest else { return true }
      let operation =
        interest.isEmpty
        ? EPOLL_CTL_DEL : entry.interest.isEmpty ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
      var events: UInt32 = 0
      if interest.contains(.readable) { events |= epoll_in }
      if interest.contains(.writable) { events |= epoll_out }
      let isDone = control(operation, entry.socket.descriptor, events, name)
      if isDone { register.entries[name]?.interest = interest }
      return isDone
    }
  }

  func remove(_ name: UInt64) {
    set([], for: name)
    // The socket may close with its entry, outside the lock.
    let entry = register.withLock { $0.entries.removeValue(forKey: name) }
    withExtendedLifetime(entry) {}
  }

  /// Makes `poll` return.
  func wake() {
    var one: UInt64 = 1
    // SAFETY: eight bytes are read, as eventfd(2) requires; a full counter wakes the loop as well.
    _ = unsafe write(alarm, &one, 8)
  }

  /// Blocks for events if `waits`, calls `begin`, then delivers those that are ready.
  func poll(waits: Bool, begin: () -> Void) {
    var found: [(name: UInt64, events: UInt32)] = []
    // SAFETY: the kernel writes at most as many events as there is room for and returns their
    // number; all data that this poller gave it are names.
    unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Poller.portion) { room in
      let count = unsafe epoll_wait(
        epoll, room.baseAddress, Int32(Poller.portion), waits ? -1 : 0)
      for index in 0..<max(0, Int(count)) {
        unsafe found.append((room[index].data.u64, room[index].events))
      }
    }
    begin()
    for (name, events) in found {
      if name == Poller.alarmName {
        silence()
      } else {
        tell(name, .readable, .readable, if: events & (epoll_in | epoll_broken) != 0)
        tell(name, .writable, .writable, if: events & (epoll_out | epoll_broken) != 0)
      }
    }
  }

  private func tell(
    _ name: UInt64, _ readiness: Readiness, _ interest: Interest, if isReady: Bool
  ) {
    guard isReady else { return }
    let entry = register.withLock { $0.entries[name] }
    if let entry, entry.interest.contains(interest) { entry.notify(readiness) }
  }

  private func silence() {
    var count: UInt64 = 0
    // SAFETY: eight bytes are written, as eventfd(2) specifies.
    _ = unsafe read(alarm, &count, 8)
  }

  @discardableResult
  private func control(
    _ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ name: UInt64
  ) -> Bool {
    var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: name))
    // SAFETY: the kernel copies the event.
    return unsafe epoll_ctl(epoll, operation, descriptor, &event) == 0
  }
}
