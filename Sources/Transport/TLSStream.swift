/// An encrypted stream over another one.
///
/// The handshake continues as bytes are received. Text waits here until the kernel has accepted
/// what was encrypted before, so that there are never more than a few records of ciphertext.
package final class TLSStream: ByteStream {
  private let wire: any ByteStream
  private let network: EventLoop
  private let session: TLSSession
  private var text = OutputBuffer()
  private var notify: (@Sendable (Readiness) -> Void)?
  private var isEnding = false
  private var hasEnded = false
  /// Bytes of queued ciphertext that carry no text.
  private var upkeep = 0

  /// The bytes of ciphertext read, and encrypted, at a time.
  private static let portion = 64 * 1024

  package init(
    _ wire: any ByteStream, _ context: TLSContext, on network: EventLoop
  ) throws(TransportError) {
    session = try TLSSession(context)
    self.wire = wire
    self.network = network
  }

  package func start(notify: @escaping @Sendable (Readiness) -> Void) {
    self.notify = notify
    wire.start(notify: notify)
  }

  package func receive(atMost limit: Int) throws(TransportError) -> Socket.Received {
    // At most one refill, so that a flood of records without text does not delay other streams.
    for isRefilled in [false, true] {
      let received = try decrypt(atMost: limit)
      guard received == .nothing, !isRefilled else {
        if session.hasMore { announce(.readable) }
        return received
      }
      switch try wire.receive(atMost: Self.portion) {
      case .bytes(let bytes): session.take(bytes)
      case .nothing: return .nothing
      // A connection closed without an alert counts as ended: HTTP marks its own ends.
      case .end: return .end
      }
    }
    return .nothing
  }

  /// A record may be read in parts.
  package var keepsBytes: Bool { true }

  package var isReading: Bool {
    get { wire.isReading }
    set {
      if newValue, !wire.isReading, session.hasMore { announce(.readable) }
      wire.isReading = newValue
    }
  }

  package func send(_ bytes: [UInt8]) throws(TransportError) {
    text.append(bytes)
    try pump()
  }

  package func flush() throws(TransportError) {
    try wire.flush()
    try pump()
  }

  package var pending: Int { text.count + wire.pending }

  package var acknowledged: Int { wire.acknowledged }

  package var peer: Socket.Peer { wire.peer }

  package private(set) lazy var certificate: String? = session.peerName

  package func endOutput() {
    isEnding = true
    // The next call reports the failure.
    try? pump()
  }

  /// Unsent text is not followed by a closure alert, so that the peer notices the truncation.
  package func close() {
    if pending == 0, !hasEnded {
      session.end()
      try? wire.send(session.ciphertext())
    }
    notify = nil
    text = OutputBuffer()
    wire.close()
  }

  private func decrypt(atMost limit: Int) throws(TransportError) -> Socket.Received {
    let waited = !text.isEmpty
    let received: Socket.Received
    do {
      received = try session.read(atMost: limit)
    } catch {
      // Sends the alert with the reason.
      try? wire.send(session.ciphertext())
      throw error
    }
    try sendUpkeep()
    if waited {
      try pump()
      if pending == 0 { announce(.writable) }
    }
    return received
  }

  /// Sends the session's own records.
  ///
  /// A peer that causes them without reading them is disconnected.
  private func sendUpkeep() throws(TransportError) {
    let ciphertext = session.ciphertext()
    guard !ciphertext.isEmpty else { return }
    try wire.send(ciphertext)
    upkeep = wire.pending == 0 ? 0 : upkeep + ciphertext.count
    guard upkeep <= Self.portion else { throw .tls(.session(reason: "the peer does not read")) }
  }

  /// Encrypts and sends text while the kernel accepts it, then the closure alert when it is due.
  private func pump() throws(TransportError) {
    while wire.pending == 0, !text.isEmpty {
      var ciphertext: [UInt8] = []
      while let front = text.front, ciphertext.count < Self.portion {
        let taken = try session.write(front.bytes.span.extracting(front.offset...))
        guard taken > 0 else { break }
        text.drop(taken)
        ciphertext += session.ciphertext()
      }
      guard !ciphertext.isEmpty else { return }
      try wire.send(ciphertext)
    }
    guard isEnding, !hasEnded, pending == 0 else { return }
    hasEnded = true
    session.end()
    try wire.send(session.ciphertext())
    wire.endOutput()
  }

  /// Sends the owner a notification that the kernel will not send.
  private func announce(_ readiness: Readiness) {
    guard let notify else { return }
    network.perform { notify(readiness) }
  }
}
