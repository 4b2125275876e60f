import Foundation
import Glibc
import Support
import Testing
import Transport

/// A system socket that is listening on some port, opened outside this module.
func foreignSocket(listens: Bool = true) throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  try #require(descriptor >= 0)
  if listens { try #require(listen(descriptor, 16) == 0) }
  return descriptor
}

/// A system socket that is bound to a local name.
private func localSocket(_ name: String, _ type: __socket_type = SOCK_DGRAM) throws -> Int32 {
  let descriptor = socket(AF_UNIX, Int32(type.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(name.utf8)
  try #require(bytes.count < 108, "a temporary folder of a shorter name is needed")
  // SAFETY: the name is shorter than the path, and the call gets the true length.
  let result = unsafe withUnsafeMutableBytes(of: &address) { raw in
    for (index, byte) in bytes.enumerated() { unsafe raw[2 + index] = byte }
    return unsafe bind(
      descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self),
      socklen_t(2 + bytes.count))
  }
  try #require(result == 0)
  return descriptor
}

@Suite("Inherited sockets") struct InheritedSocketsTests {
  @Test(arguments: [
    (["LISTEN_PID": "7", "LISTEN_FDS": "1"], 3..<4),
    (["LISTEN_PID": "7", "LISTEN_FDS": "3"], 3..<6),
    (["LISTEN_PID": "8", "LISTEN_FDS": "1"], 0..<0), (["LISTEN_FDS": "1"], 0..<0),
    (["LISTEN_PID": "7"], 0..<0), (["LISTEN_PID": "7", "LISTEN_FDS": "0"], 0..<0),
    (["LISTEN_PID": "7", "LISTEN_FDS": "-1"], 0..<0), ([:], 0..<0),
    (["LISTEN_PID": "7", "LISTEN_FDS": "99999999999999999999"], 0..<0),
    (["LISTEN_PID": "7", "LISTEN_FDS": "65"], 0..<0),
  ])
  func `InheritedSockets: descriptors from 3 on that are meant for this process`(
    environment: [String: String], expected: Range<Int32>
  ) {
    #expect(InheritedSockets.descriptors(environment: environment, process: 7) == expected)
  }

  @Test func `InheritedSockets: a listening socket is taken, and accepts`() async throws {
    let network = EventLoop(label: "test")
    let listener = try Listener(Socket.inherited(try foreignSocket()), on: network)
    #expect(listener.address.port > 0)
    let client = try await onThread { [port = listener.address.port] in try RawClient(port: port) }
    #expect(await eventually { listener.accept().count == 1 })
    // It does not block, since its owner's thread must not.
    #expect(listener.accept().isEmpty)
    withExtendedLifetime(client) {}
  }

  @Test
  func `InheritedSockets: a socket that does not listen, or another descriptor, is refused`() throws
  {
    let silent = try foreignSocket(listens: false)
    defer { close(silent) }
    #expect(throws: TransportError.failed(.listen, errno: EINVAL)) {
      try Socket.inherited(silent)
    }
    let file = unsafe open("/dev/null", O_RDONLY)
    defer { close(file) }
    #expect(throws: TransportError.failed(.option, errno: ENOTSOCK)) { try Socket.inherited(file) }
    #expect(throws: TransportError.failed(.option, errno: EBADF)) { try Socket.inherited(-1) }
  }

  @Test func `InheritedSockets: a socket that is not IPv4 or IPv6 is refused`() throws {
    let local = try localSocket("\0eyepiece-listener-\(getpid())", SOCK_STREAM)
    try #require(listen(local, 1) == 0)
    #expect(throws: TransportError.failed(.socket, errno: EAFNOSUPPORT)) {
      try Listener(Socket.inherited(local), on: EventLoop(label: "test"))
    }
  }
}

@Suite("Notify socket") struct NotifySocketTests {
  @Test(arguments: [true, false])
  func `NotifySocket: a message arrives, at a path and at an abstract address`(isAbstract: Bool)
    throws
  {
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let name = isAbstract ? "\0eyepiece-test-\(getpid())" : folder.path + "/n"
    let ear = try localSocket(name)
    defer { close(ear) }
    let socket = try #require(
      NotifySocket(isAbstract ? "@" + name.dropFirst() : name))
    #expect(socket.tell("READY=1\nSTATUS=well"))
    var heard = [UInt8](repeating: 0, count: 100)
    let count = unsafe recv(ear, &heard, 100, Int32(MSG_DONTWAIT))
    #expect(String(decoding: heard.prefix(max(0, count)), as: UTF8.self) == "READY=1\nSTATUS=well")
  }

  @Test func `NotifySocket: a missing manager is not an error`() throws {
    for address in [nil, "", "relative", String(repeating: "/a", count: 100)] {
      #expect(NotifySocket(address) == nil)
    }
    #expect(try #require(NotifySocket("/nonexistent/socket")).tell("READY=1") == false)
  }
}

@Suite("Descriptor limit") struct DescriptorLimitTests {
  @Test func `DescriptorLimit: it is raised as far as the system allows, and never lowered`() {
    let before = DescriptorLimit.raise(to: 0)
    #expect(before > 0)
    let more = DescriptorLimit.raise(to: before + 1)
    #expect(more >= before)
    for fewer in [0, 256, more - 1] { #expect(DescriptorLimit.raise(to: fewer) == more) }
    #expect(DescriptorLimit.raise(to: .max) >= more)
  }
}
