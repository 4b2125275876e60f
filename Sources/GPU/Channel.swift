import Glibc

/// One end of a socket of messages; each is received whole or not at all.
///
/// Source: unix(7), SOCK_SEQPACKET.
@safe package final class Channel {
  package enum Received: Sendable, Hashable {
    case message(Message)
    case nothing
    /// The other end is gone, or sent what is no message.
    case closed
  }

  package let descriptor: Int32

  package init(taking descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Both ends of a new one; `nil` where the system gives none.
  package static func pair() -> (Channel, Channel)? {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    // SAFETY: the call writes two descriptors into an array of two.
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    return (Channel(taking: ends[0]), Channel(taking: ends[1]))
  }

  /// Returns whether the other end can have it.
  @discardableResult
  package func send(_ message: Message) -> Bool {
    let bytes = message.bytes
    while true {
      // SAFETY: as many bytes as the array has.
      let sent = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      if sent == bytes.count { return true }
      guard sent < 0, errno == EINTR else { return false }
    }
  }

  /// Waits for a message, for so many milliseconds at most.
  package func receive(within milliseconds: Int) -> Received {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: one entry is given and stated.
    let ready = unsafe poll(&wanted, 1, Int32(milliseconds))
    guard ready != 0 else { return .nothing }
    guard ready > 0 else { return errno == EINTR ? .nothing : .closed }
    var bytes = [UInt8](repeating: 0, count: Message.size)
    // SAFETY: there is room for as many bytes as are asked for.
    let received = unsafe recv(descriptor, &bytes, bytes.count, 0)
    if received < 0, errno == EINTR { return .nothing }
    guard received == Message.size, let message = Message(bytes) else { return .closed }
    return .message(message)
  }
}
