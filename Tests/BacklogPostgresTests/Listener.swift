import Glibc

/// A port of this machine at which connections come and are closed at once.
final class Listener {
  private let descriptor: Int32
  let port: Int

  init() throws {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // SAFETY: the address is lent for the calls, which read and write as many bytes as it has.
    let bound = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(file, address, length) == 0 && listen(file, 16) == 0
          && getsockname(file, address, &length) == 0
      }
    }
    guard bound else { throw PostgresServer.Failed(command: "bind", status: errno) }
    descriptor = file
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }

  /// How many have come when for so many milliseconds none did.
  func arrivals(within milliseconds: Int32) -> Int {
    var count = 0
    while true {
      var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // SAFETY: the call reads and writes one `pollfd`; nobody asks who comes.
      guard unsafe poll(&interest, 1, milliseconds) == 1 else { return count }
      close(accept(descriptor, nil, nil))
      count += 1
    }
  }
}
