import Glibc

/// The socket on which a service manager receives a service's state.
///
/// Source: sd_notify(3).
package struct NotifySocket: Sendable {
  private let path: [UInt8]

  /// Parses the manager's address; `nil` when there is none or it is invalid.
  package init?(_ address: String?) {
    guard let address, let first = address.utf8.first else { return nil }
    var path = Array(address.utf8)
    // A leading @ stands for the abstract namespace. Source: unix(7).
    if first == UInt8(ascii: "@") { path[0] = 0 } else if first != UInt8(ascii: "/") { return nil }
    guard path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
    self.path = path
  }

  /// Sends a state such as `READY=1`, without waiting for its receipt.
  ///
  /// Returns whether the system accepted it.
  @discardableResult
  package func tell(_ state: String) -> Bool {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    let text = Array(state.utf8)
    // SAFETY: the path fits by `init`, and the calls get the true lengths of all they read.
    let sent = unsafe withUnsafeMutableBytes(of: &address) { bytes in
      for (index, byte) in path.enumerated() { unsafe bytes[offset + index] = byte }
      return unsafe sendto(
        descriptor, text, text.count, Int32(MSG_NOSIGNAL),
        bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        socklen_t(offset + path.count))
    }
    return sent == text.count
  }
}
