import CLinux
import Glibc
import Synchronization

/// The descriptors that a loop waits for, by names that are never used again.
///
/// What the kernel tells of a descriptor that was let go meanwhile finds no name, and is dropped.
/// Source: epoll(7).
final class Poller: Sendable {
  /// What is waited for, level-triggered.
  struct Interest: OptionSet, Sendable {
    let rawValue: UInt8
    static let readable = Interest(rawValue: 1)
    static let writable = Interest(rawValue: 2)
  }

  /// A socket stays open while it is listed.
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
  /// Events taken from the kernel at a time.
  private static let portion = 256

  private let epoll: Int32
  /// Written to by whoever wants the loop to look up.
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

  /// Lists a socket, in which nothing is of interest yet.
  func add(_ socket: Socket, notify: @escaping @Sendable (Readiness) -> Void) -> UInt64 {
    register.withLock { register in
      register.lastName += 1
      register.entries[register.lastName] = Entry(socket: socket, notify: notify)
      return register.lastName
    }
  }

  /// The kernel forgets what nobody waits for: it tells of a broken connection without being asked.
  ///
  /// Returns whether it is so now. Without memory in the kernel it is not, nothing is told, and the
  /// connection's timers end it.
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

  /// Has `poll` return.
  func wake() {
    var one: UInt64 = 1
    // SAFETY: eight bytes are read, as eventfd(2) has it; a counter that is full wakes as well.
    _ = unsafe write(alarm, &one, 8)
  }

  /// Tells what is ready, after `begin`; waits until something is, or does not.
  func poll(waits: Bool, begin: () -> Void) {
    var found: [(name: UInt64, events: UInt32)] = []
    // SAFETY: the kernel writes as many events as it is told there is room for, and says how many;
    // all data that this poller gave it are names.
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
    // SAFETY: eight bytes are written, as eventfd(2) has it.
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
