import Foundation
import Support
import Testing
import Transport

/// The owner of one stream, as an actor on the event loop.
private actor Owner {
  nonisolated let network: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor {
    // SAFETY: the owner keeps the loop.
    unsafe network.asUnownedSerialExecutor()
  }
  private var stream: (any ByteStream)?
  /// A reference that the stream must not keep alive after it has closed.
  private(set) weak var socket: Socket?
  private(set) var received: [UInt8] = []
  private(set) var hasEnded = false
  private(set) var hasFailed = false

  init(on network: EventLoop) {
    self.network = network
  }

  func take(_ socket: Socket) {
    let stream = Connection(socket, on: network)
    self.stream = stream
    self.socket = socket
    stream.start { [weak self] readiness in self?.assumeIsolated { $0.isReady(readiness) } }
  }

  private func isReady(_ readiness: Readiness) {
    do {
      if readiness == .writable { return try stream?.flush() ?? () }
      switch try stream?.receive(atMost: 1000) {
      case .bytes(let bytes): received += bytes
      case .end:
        hasEnded = true
        stream?.isReading = false
      case .nothing, nil: break
      }
    } catch {
      hasFailed = true
      stream?.close()
    }
  }

  func send(_ bytes: [UInt8]) throws { try stream?.send(bytes) }
  func setReading(_ isOn: Bool) { stream?.isReading = isOn }
  func endOutput() { stream?.endOutput() }
  func close() { stream?.close() }
  var pending: Int { stream?.pending ?? 0 }
  var acknowledged: Int { stream?.acknowledged ?? 0 }
  var peer: Socket.Peer { stream?.peer ?? .gone }
}

/// The owner of a listener, which gives each connection to an `Owner`.
private actor Host {
  nonisolated let network = EventLoop(label: "test")
  nonisolated var unownedExecutor: UnownedSerialExecutor {
    // SAFETY: the host keeps the loop.
    unsafe network.asUnownedSerialExecutor()
  }
  private var listener: Listener?
  private(set) var callers: [Socket] = []

  func listen(host: String = "127.0.0.1") throws -> SocketAddress {
    let listener = try Listener(host: host, port: 0, on: network)
    self.listener = listener
    listener.start { [weak self] in self?.assumeIsolated { $0.accept() } }
    return listener.address
  }

  private func accept() { callers += listener?.accept() ?? [] }
  func close() { listener?.close() }

  /// The number of notifications to the streams of `quarrel`.
  private(set) var told = 0
  private var rivals: [Connection] = []

  /// Makes two streams of two connections; the one notified first closes the other.
  ///
  /// `body` makes both ready while the loop is busy.
  func quarrel(_ body: @Sendable () throws -> Void) rethrows {
    rivals = callers.map { Connection($0, on: network) }
    callers = []
    for (index, stream) in rivals.enumerated() {
      stream.start { [weak self] _ in self?.assumeIsolated { $0.isTold(index) } }
    }
    try body()
  }

  private func isTold(_ index: Int) {
    told += 1
    _ = try? rivals[index].receive(atMost: 10)
    rivals[1 - index].close()
  }

  /// A client and the stream at its other end.
  func pair(receiveBuffer: Int32? = nil) async throws -> (RawClient, Owner) {
    let port = try listen().port
    let client = try await onThread { try RawClient(port: port, receiveBuffer: receiveBuffer) }
    _ = await eventually { self.callers.count == 1 }
    let owner = Owner(on: network)
    if let caller = callers.popLast() { await owner.take(caller) }
    return (client, owner)
  }
}

@Suite("Connection") struct ConnectionTests {
  @Test func `Connection: bytes arrive complete and in order, both ways`() async throws {
    let (client, owner) = try await Host().pair()
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7919) }
    try await onThread { try client.send(bytes) }
    #expect(await eventually { await owner.received.count == bytes.count })
    #expect(await owner.received == bytes)
    try await owner.send(bytes)
    try await owner.send([1, 2, 3])
    #expect(try await onThread { try client.receive(exactly: 300_003) } == bytes + [1, 2, 3])
  }

  @Test
  func `Connection: bytes that a slow reader leaves wait here and follow later`() async throws {
    let (client, owner) = try await Host().pair(receiveBuffer: 4096)
    let bytes = [UInt8](repeating: 42, count: 20_000_000)
    try await owner.send(bytes)
    let pending = await owner.pending
    #expect(pending > 0)
    let early = await owner.acknowledged
    #expect(early < bytes.count - pending)
    #expect(try await onThread { try client.receive(exactly: bytes.count) } == bytes)
    #expect(await owner.pending == 0)
    #expect(await eventually { await owner.acknowledged == bytes.count })
  }

  @Test func `Connection: an end is reported once, and a reset is an error`() async throws {
    let (client, owner) = try await Host().pair()
    client.endOutput()
    #expect(await eventually { await owner.hasEnded })
    #expect(await owner.peer == .ended)
    #expect(await !owner.hasFailed)
    var other: (RawClient, Owner)? = try await Host().pair()
    let otherOwner = try #require(other).1
    try #require(other).0.resetOnClose()
    other = nil
    #expect(await eventually { await otherOwner.hasFailed })
  }

  @Test func `Connection: closing before all was sent is a reset, afterwards an end`() async throws
  {
    let (client, owner) = try await Host().pair(receiveBuffer: 4096)
    try await owner.send([UInt8](repeating: 0, count: 20_000_000))
    await owner.close()
    await #expect(throws: (any Error).self) {
      try await onThread { try client.receiveAll() }
    }
    let (other, itsOwner) = try await Host().pair()
    try await itsOwner.send([1, 2, 3])
    await itsOwner.close()
    #expect(try await onThread { try other.receiveAll() } == [1, 2, 3])
  }

  @Test func `Connection: a disconnected peer is noticed behind unread bytes`() async throws {
    var pair: (RawClient, Owner)? = try await Host().pair()
    let owner = try #require(pair).1
    await owner.setReading(false)
    try await onThread { [client = try #require(pair).0] in try client.send("unread") }
    #expect(await owner.peer == .present)
    try #require(pair).0.resetOnClose()
    pair = nil
    #expect(await eventually { await owner.peer == .gone })
    #expect(await owner.received.isEmpty)
  }

  @Test
  func `Connection: a closed stream gets no notification, even if it was ready before`()
    async throws
  {
    let host = Host()
    let port = try await host.listen().port
    let clients = try await onThread { try [RawClient(port: port), RawClient(port: port)] }
    #expect(await eventually { await host.callers.count == 2 })
    try await host.quarrel { for client in clients { try client.send("a") } }
    #expect(await eventually { await host.told > 0 })
    // One turn of the loop later both would have been notified.
    #expect(await host.told == 1)
    withExtendedLifetime(clients) {}
  }

  @Test(arguments: [true, false], [true, false])
  func `Connection: closing releases the descriptor, whatever is watched`(reads: Bool, writes: Bool)
    async throws
  {
    let (client, owner) = try await Host().pair(receiveBuffer: 4096)
    if writes { try await owner.send([UInt8](repeating: 0, count: 20_000_000)) }
    await owner.setReading(reads)
    #expect(await owner.socket != nil)
    await owner.close()
    #expect(await eventually { await owner.socket == nil })
    withExtendedLifetime(client) {}
  }
}

@Suite("Listener") struct ListenerTests {
  /// Names of this machine, with IPv6 where available; its absence is printed.
  static let names: [String] = {
    let addresses = try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8)
    let hasLoopback = addresses?.contains("00000000000000000000000000000001 ") == true
    if !hasLoopback { print("SKIPPED: Listener at ::1, there is no such address") }
    return ["127.0.0.1", "localhost"] + (hasLoopback ? ["::1"] : [])
  }()

  @Test(arguments: names)
  func `Listener: port 0 becomes a port that answers`(name: String) async throws {
    let host = Host()
    let address = try await host.listen(host: name)
    #expect(address.port > 0)
    #expect(address.host == (name == "localhost" ? address.host : name))
    let client = try await onThread { try RawClient(host: address.host, port: address.port) }
    #expect(await eventually { await host.callers.count == 1 })
    #expect(try await host.callers.first?.address == address)
    withExtendedLifetime(client) {}
  }

  @Test func `Listener: an address in use and an unresolvable host are errors`() async throws {
    let host = Host()
    let address = try await host.listen()
    let network = EventLoop(label: "other")
    #expect(throws: TransportError.failed(.bind, errno: 98)) {
      try Listener(host: "127.0.0.1", port: address.port, on: network)
    }
    // Longer than a label may be, so that no external resolver is asked.
    let nobody = String(repeating: "x", count: 64)
    #expect {
      try Listener(host: nobody, port: 0, on: network)
    } throws: { error in
      if case TransportError.unresolvable(host: nobody, _) = error { true } else { false }
    }
  }

  @Test func `Listener: a closed listener refuses connections`() async throws {
    let host = Host()
    let address = try await host.listen()
    await host.close()
    #expect(
      await eventually {
        (try? await onThread { try RawClient(port: address.port) }) == nil
      })
  }
}
