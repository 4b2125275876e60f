import Foundation
import Glibc

/// A client on a plain blocking socket, which sends exactly the bytes it is told to.
package final class RawClient: Sendable {
  /// What went wrong at this end.
  package enum Failure: Error, Sendable, Equatable {
    case call(String, errno: Int32)
    case timedOut
    case ended(after: [UInt8])
  }

  private let descriptor: Int32

  /// Connects to a port of this machine; a read that waits longer than `timeout` seconds fails.
  package init(
    host: String = "127.0.0.1", port: Int, timeout: Int = 60, receiveBuffer: Int32? = nil
  ) throws {
    // SAFETY: the list is freed when its first address has been used; each value outlives its call,
    // which is told its size.
    var found: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, "\(port)", nil, &found)
    guard code == 0, let address = unsafe found else {
      throw Failure.call("getaddrinfo", errno: code)
    }
    defer { unsafe freeaddrinfo(address) }
    descriptor = unsafe socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure.call("socket", errno: errno) }
    var limit = timeval(tv_sec: timeout, tv_usec: 0)
    var yes: Int32 = 1
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
    if var receiveBuffer {
      unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
    }
    let result = unsafe connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen)
    guard result == 0 else { throw Failure.call("connect", errno: errno) }
  }

  deinit {
    _ = Glibc.close(descriptor)
  }

  package func send(_ text: String) throws {
    try send(Array(text.utf8))
  }

  package func send(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      // SAFETY: the kernel reads within the array.
      let sent = unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe Glibc.send(
          descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset,
          Int32(MSG_NOSIGNAL))
      }
      guard sent >= 0 else { throw Failure.call("send", errno: errno) }
      offset += sent
    }
  }

  /// Some bytes; none at the end of the stream.
  package func receive(atMost limit: Int = 65536) throws -> [UInt8] {
    var code: Int32 = 0
    // SAFETY: the kernel writes at most `limit` bytes, and only those are counted.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let received = unsafe recv(descriptor, buffer.baseAddress, limit, 0)
      if received < 0 { code = errno }
      count = max(received, 0)
    }
    if code == EAGAIN { throw Failure.timedOut }
    guard code == 0 else { throw Failure.call("recv", errno: code) }
    return bytes
  }

  /// Everything until the server ends its side.
  package func receiveAll() throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let bytes = try receive()
      if bytes.isEmpty { return all }
      all += bytes
    }
  }

  /// Exactly so many bytes.
  package func receive(exactly count: Int) throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count {
      let bytes = try receive(atMost: count - all.count)
      guard !bytes.isEmpty else { throw Failure.ended(after: all) }
      all += bytes
    }
    return all
  }

  /// Bytes up to and with a mark.
  package func receive(through mark: String) throws -> String {
    var all: [UInt8] = []
    let end = Array(mark.utf8)
    while !all.suffix(end.count).elementsEqual(end) {
      all += try receive(exactly: 1)
    }
    return String(decoding: all, as: UTF8.self)
  }

  /// An answer with a `Content-Length`: its head as text, and its body.
  package func receiveAnswer(hasBody: Bool = true) throws -> (head: String, body: [UInt8]) {
    let head = try receive(through: "\r\n\r\n")
    let length = head.lowercased().split(separator: "\r\n").compactMap { line in
      line.hasPrefix("content-length:")
        ? Int(line.dropFirst(15).trimmingCharacters(in: .whitespaces)) : nil
    }
    return (head, try receive(exactly: hasBody ? length.first ?? 0 : 0))
  }

  /// Ends this side; answers can still be received.
  package func endOutput() {
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Makes the descriptor's closing a reset.
  package func resetOnClose() {
    var hard = linger(l_onoff: 1, l_linger: 0)
    // SAFETY: the value outlives the call, which is told its size.
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
  }
}

/// Runs waiting code on a thread of its own, so that no test holds the cooperative pool.
package func onThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}
