import Support
import Testing
import Transport

/// A stream without a network: sent bytes are collected, and wait while it is full.
private final class Wire: ByteStream {
  let keepsBytes = false
  var arriving: [UInt8] = []
  var isFull = false
  var isReading = true
  private(set) var hasEnded = false
  private var waiting: [UInt8] = []
  private var sent: [UInt8] = []

  var pending: Int { waiting.count }
  var acknowledged: Int { 0 }
  var peer: Socket.Peer { .present }
  var certificate: String? { nil }

  func start(notify: @escaping @Sendable (Readiness) -> Void) {}

  func receive(atMost limit: Int) -> Socket.Received {
    guard !arriving.isEmpty else { return .nothing }
    defer { arriving.removeFirst(min(limit, arriving.count)) }
    return .bytes(Array(arriving.prefix(limit)))
  }

  func send(_ bytes: [UInt8]) {
    waiting += bytes
    flush()
  }

  func flush() {
    guard !isFull else { return }
    sent += waiting
    waiting = []
  }

  func endOutput() { hasEnded = true }
  func close() {}

  /// The bytes sent since the last call.
  func taken() -> [UInt8] {
    defer { sent = [] }
    return sent
  }
}

/// A TLS stream, and a client at the other end.
private final class Call {
  let stream: TLSStream
  let wire = Wire()
  private let client: TLSSession

  /// Creates both and completes the handshake.
  init() throws {
    let context = try TLSContext(certificate: Certificates.server, key: Certificates.serverKey)
    stream = try TLSStream(wire, context, on: EventLoop(label: "test"))
    client = try TLSSession(try TLSContext(trusting: Certificates.authority))
    for _ in 0..<5 {
      try #require(try client.read(atMost: 1) == .nothing)
      wire.arriving += client.ciphertext()
      try #require(try stream.receive(atMost: 1) == .nothing)
      client.take(wire.taken())
    }
    try #require(client.isEstablished)
  }

  /// The text that the client reads, and whether it was ended by an alert.
  struct Heard: Equatable {
    var text: [UInt8] = []
    var isDismissed = false
  }

  /// The text that the client has not read yet.
  func heard() throws -> Heard {
    client.take(wire.taken())
    var heard = Heard()
    while true {
      switch try client.read(atMost: 10_000) {
      case .bytes(let bytes): heard.text += bytes
      case .nothing: return heard
      case .end:
        heard.isDismissed = true
        return heard
      }
    }
  }
}

@Suite("TLS stream") struct TLSStreamTests {
  static let sizes = [0, 1, 16_384, 300_000]

  static func text(_ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7919) }
  }

  @Test(arguments: sizes)
  func `TLSStream: the end of the output is announced, after all text`(size: Int) throws {
    let call = try Call()
    try call.stream.send(Self.text(size))
    #expect(try call.heard() == Call.Heard(text: Self.text(size)))
    call.stream.endOutput()
    #expect(try call.heard() == Call.Heard(isDismissed: true) && call.wire.hasEnded)
  }

  @Test(arguments: sizes)
  func `TLSStream: while the wire is full the end waits behind the text`(size: Int) throws {
    let call = try Call()
    call.wire.isFull = true
    try call.stream.send(Self.text(size) + [1])
    call.stream.endOutput()
    #expect(try call.heard() == Call.Heard() && !call.wire.hasEnded)
    call.wire.isFull = false
    try call.stream.flush()
    let all = Call.Heard(text: Self.text(size) + [1], isDismissed: true)
    #expect(try call.heard() == all && call.wire.hasEnded)
  }

  @Test(arguments: sizes)
  func `TLSStream: closing sends the closure alert once`(size: Int) throws {
    let call = try Call()
    try call.stream.send(Self.text(size))
    call.stream.close()
    #expect(try call.heard() == Call.Heard(text: Self.text(size), isDismissed: true))
    let other = try Call()
    other.stream.endOutput()
    #expect(try other.heard().isDismissed)
    other.stream.close()
    #expect(other.wire.taken().isEmpty)
  }

  @Test(arguments: sizes)
  func `TLSStream: unsent text is followed by no closure alert`(size: Int) throws {
    let call = try Call()
    call.wire.isFull = true
    try call.stream.send(Self.text(size) + [1])
    call.stream.close()
    call.wire.isFull = false
    call.wire.flush()
    #expect(try call.heard().isDismissed == false)
  }
}
