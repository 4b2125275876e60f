import Glibc

/// A file descriptor with its system calls, none of which blocks.
///
/// The descriptor is closed with the last reference, so that its number is not reused while it is
/// watched.
package final class Socket: Sendable {
  /// The result of a read.
  package enum Received: Sendable, Equatable {
    case bytes([UInt8])
    /// No bytes at present.
    case nothing
    /// The peer will send no more.
    case end
  }

  /// The state of the peer, as known without reading.
  package enum Peer: Sendable, Equatable {
    case present
    /// It has closed its sending side.
    case ended
    /// It has disconnected entirely.
    case gone
  }

  let descriptor: Int32

  init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    // The number is released even when `close` reports EINTR, so it is not repeated.
    _ = Glibc.close(descriptor)
  }

  /// A listening socket; `port` 0 lets the system choose.
  package static func listening(
    host: String, port: Int, backlog: Int
  ) throws(TransportError) -> Socket {
    try first(of: RawAddress.resolved(host: host, port: port)) { address throws(TransportError) in
      let socket = try Socket(family: address.family)
      try socket.set(SOL_SOCKET, SO_REUSEADDR)
      // SAFETY: the address is lent for the call, with its true length.
      try completing(.bind) {
        unsafe address.withPointer { unsafe bind(socket.descriptor, $0, $1) }
      }
      try completing(.listen) { Int(listen(socket.descriptor, Int32(clamping: backlog))) }
      return socket
    }
  }

  /// A listening socket that another process opened for this one.
  ///
  /// Source: `SO_ACCEPTCONN` in socket(7).
  package static func inherited(_ descriptor: Int32) throws(TransportError) -> Socket {
    var isListening: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    // SAFETY: the call writes one `int`, whose size it is given.
    try completing(.option) {
      unsafe Int(getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size))
    }
    guard isListening == 1 else { throw .failed(.listen, errno: EINVAL) }
    let socket = Socket(owning: descriptor)
    try socket.setFlags()
    return socket
  }

  /// A descriptor held in reserve, or `nil` when none is left.
  static func spare() -> Socket? {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(AF_INET, type, 0)
    return descriptor >= 0 ? Socket(owning: descriptor) : nil
  }

  /// Accepts the next connection of a listening socket; `nil` when none waits.
  package func accept() throws(TransportError) -> Socket? {
    let result = try retrying(.accept) { Int(Glibc.accept(descriptor, nil, nil)) }
    guard let result else { return nil }
    let socket = Socket(owning: Int32(result))
    // `accept4` would do this in one call; Glibc's module does not export it.
    try socket.setFlags()
    try socket.set(Int32(IPPROTO_TCP), TCP_NODELAY)
    try socket.set(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, to: Socket.mostUnsent)
    return socket
  }

  /// Bytes that the kernel accepts before it can send them.
  ///
  /// Without this limit a slow peer costs megabytes of kernel memory per connection. Source:
  /// `TCP_NOTSENT_LOWAT`, tcp(7).
  package static let mostUnsent: Int32 = 128 << 10

  /// Reads available bytes, at most `limit`.
  package func receive(atMost limit: Int) throws(TransportError) -> Received {
    precondition(limit > 0)
    var result: Result<Int?, TransportError> = .success(nil)
    // SAFETY: the kernel writes at most `limit` bytes, and only those are counted as initialised.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      result = Result { () throws(TransportError) in
        try retrying(.receive) { unsafe recv(descriptor, buffer.baseAddress, limit, 0) }
      }
      if case .success(let received?) = result { count = received }
    }
    guard try result.get() != nil else { return .nothing }
    if bytes.isEmpty { return .end }
    // A short read must not hold the memory of a long one.
    return .bytes(bytes.count < limit / 2 ? Array(bytes[...]) : bytes)
  }

  /// Passes bytes to the kernel; returns how many it accepted.
  package func send(_ bytes: Span<UInt8>) throws(TransportError) -> Int {
    guard !bytes.isEmpty else { return 0 }
    let sent = try retrying(.send) {
      // SAFETY: the kernel reads within the span, and keeps no pointer to it.
      unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
      }
    }
    return sent ?? 0
  }

  /// Ends the sending side.
  package func endOutput() {
    // The result does not matter if the peer is gone already.
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Lets closing end the connection at once: what the kernel holds for the peer is dropped.
  ///
  /// Source: socket(7), SO_LINGER of 0 seconds; RFC 9293 §3.10.5.
  package func resetOnClose() {
    var atOnce = linger(l_onoff: 1, l_linger: 0)
    // SAFETY: the call reads one `linger`. Its result does not matter if the peer is gone already.
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
  }

  /// Bytes in the kernel that the peer has not acknowledged.
  ///
  /// Source: `SIOCOUTQ`.
  package var unacknowledged: Int {
    var count: Int32 = 0
    // SAFETY: the call writes one `int`.
    guard unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 else { return 0 }
    return Int(count)
  }

  /// The state of the peer, also known while its bytes are left unread.
  package var peer: Peer {
    var entry = pollfd(fd: descriptor, events: Int16(Self.readHangUp), revents: 0)
    // SAFETY: one entry is passed, and the call does not wait.
    guard unsafe poll(&entry, 1, 0) > 0 else { return .present }
    if entry.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { return .gone }
    return entry.revents & Int16(Self.readHangUp) != 0 ? .ended : .present
  }

  /// The address that this socket is bound to.
  package var address: SocketAddress {
    get throws(TransportError) { try unsafe address(getsockname) }
  }

  /// The address of the peer.
  package var remoteAddress: SocketAddress {
    get throws(TransportError) { try unsafe address(getpeername) }
  }

  @unsafe private func address(
    _ call: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
  ) throws(TransportError) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // SAFETY: the storage is large enough for every family, and its length is passed along.
    let result = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      unsafe call(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard result == 0 else { throw .failed(.socket, errno: errno) }
    guard [AF_INET, AF_INET6].contains(Int32(storage.ss_family)) else {
      throw .failed(.socket, errno: EAFNOSUPPORT)
    }
    return RawAddress(storage: storage, length: length).inNumbers
  }

  /// `POLLRDHUP`, which Glibc's module lacks.
  ///
  /// Source: poll(2).
  private static let readHangUp: Int32 = 0x2000

  private convenience init(family: Int32) throws(TransportError) {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    self.init(owning: Int32(try completing(.socket) { Int(socket(family, type, 0)) }))
  }

  private func setFlags() throws(TransportError) {
    try completing(.option) { Int(fcntl(descriptor, F_SETFL, O_NONBLOCK)) }
    try completing(.option) { Int(fcntl(descriptor, F_SETFD, FD_CLOEXEC)) }
  }

  /// Sets an option, by default to 1.
  private func set(_ level: Int32, _ option: Int32, to value: Int32 = 1) throws(TransportError) {
    var value = value
    // SAFETY: `value` outlives the call, which is given its size.
    try completing(.option) {
      unsafe Int(
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)))
    }
  }
}

/// The first address for which `open` succeeds; throws the last error if there is none.
private func first(
  of addresses: [RawAddress], open: (RawAddress) throws(TransportError) -> Socket
) throws(TransportError) -> Socket {
  var failure = TransportError.failed(.socket, errno: EADDRNOTAVAIL)
  for address in addresses {
    do { return try open(address) } catch { failure = error }
  }
  throw failure
}

/// An address in the kernel's representation.
private struct RawAddress {
  let storage: sockaddr_storage
  let length: socklen_t

  var family: Int32 { Int32(storage.ss_family) }

  /// The addresses of a host.
  ///
  /// A name may need the system's resolver, which blocks: only a program's start does that.
  static func resolved(host: String, port: Int) throws(TransportError) -> [RawAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    // SAFETY: the list is walked while it lives and freed once, after the last use; each entry says
    // how many bytes its address has, never more than the storage.
    let code = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { throw .unresolvable(host: host, code: code) }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [RawAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      unsafe next = entry.pointee.ai_next
      let length = unsafe entry.pointee.ai_addrlen
      var storage = sockaddr_storage()
      unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        guard let address = unsafe entry.pointee.ai_addr, length <= bytes.count else { return }
        unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
      }
      addresses.append(RawAddress(storage: storage, length: length))
    }
    return addresses
  }

  /// Lends the address to a call, which returns a negative number on failure.
  @unsafe func withPointer(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int {
    // SAFETY: every address begins as a `sockaddr`, and the storage is aligned for all of them.
    unsafe withUnsafeBytes(of: storage) { bytes in
      guard let pointer = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
        return -1
      }
      return unsafe Int(call(pointer, length))
    }
  }

  /// The numeric host and port, for IPv4 and IPv6.
  var inNumbers: SocketAddress {
    var host = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let size = socklen_t(host.count)
    // SAFETY: the family says which structure the storage holds, and it is large enough for both;
    // `inet_ntop` writes within `host` and ends it with a zero.
    let port = unsafe withUnsafeBytes(of: storage) { bytes in
      if family == AF_INET6 {
        var v6 = unsafe bytes.loadUnaligned(as: sockaddr_in6.self)
        unsafe inet_ntop(AF_INET6, &v6.sin6_addr, &host, size)
        return v6.sin6_port
      }
      var v4 = unsafe bytes.loadUnaligned(as: sockaddr_in.self)
      unsafe inet_ntop(AF_INET, &v4.sin_addr, &host, size)
      return v4.sin_port
    }
    let text = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return SocketAddress(
      host: String(decoding: text, as: UTF8.self), port: Int(UInt16(bigEndian: port)))
  }
}

/// Repeats a call that signals interrupt; `nil` when it would block.
private func retrying(
  _ call: TransportError.Call, _ body: () -> Int
) throws(TransportError) -> Int? {
  while true {
    let result = body()
    if result >= 0 { return result }
    switch errno {
    case EINTR: continue
    case EAGAIN: return nil
    case let code: throw .failed(call, errno: code)
    }
  }
}

/// Makes a call that never blocks.
@discardableResult
private func completing(
  _ call: TransportError.Call, _ body: () -> Int
) throws(TransportError) -> Int {
  guard let result = try retrying(call, body) else { throw .failed(call, errno: EAGAIN) }
  return result
}
