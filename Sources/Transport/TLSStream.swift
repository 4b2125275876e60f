/// An encrypted stream inside another one.
///
/// The handshake goes on as bytes are received. Text waits here until the kernel has taken what was
/// encrypted before, so that there is never more than a few records of ciphertext.
package final class TLSStream: ByteStream {
  private let wire: any ByteStream
  private let network: EventLoop
  private let session: TLSSession
  private var text = OutputBuffer()
  private var notify: (@Sendable (Readiness) -> Void)?
  private var isEnding = false
  private var hasEnded = false
  /// Ciphertext that carries no text and waits for the kernel.
  private var upkeep = 0

  /// Ciphertext read, and made, at a time.
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
    // One refill, so that a flood of records without text holds nobody up.
    for isRefilled in [false, true] {
      let received = try decrypt(atMost: limit)
      guard received == .nothing, !isRefilled else {
        if session.hasMore { announce(.readable) }
        return received
      }
      switch try wire.receive(atMost: Self.portion) {
      case .bytes(let bytes): session.take(bytes)
      case .nothing: return .nothing
      // Whoever forgets to say goodbye has ended all the same: HTTP says itself where it ends.
      case .end: return .end
      }
    }
    return .nothing
  }

  /// A record gives its text in parts.
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

  package func endOutput() {
    isEnding = true
    // A stream that fails here is found to have failed by the next who asks.
    try? pump()
  }

  /// Text that was not sent is not followed by a goodbye: the peer shall notice.
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
      // The alert that says why.
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

  /// Sends what the session has to say by itself.
  ///
  /// A peer that makes it talk and does not listen is let go.
  private func sendUpkeep() throws(TransportError) {
    let ciphertext = session.ciphertext()
    guard !ciphertext.isEmpty else { return }
    try wire.send(ciphertext)
    upkeep = wire.pending == 0 ? 0 : upkeep + ciphertext.count
    guard upkeep <= Self.portion else { throw .tls(.session(reason: "nobody listens")) }
  }

  /// Encrypts and sends text while the kernel takes it, then the end when that is due.
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

  /// Tells the owner what the kernel will not.
  private func announce(_ readiness: Readiness) {
    guard let notify else { return }
    network.perform { notify(readiness) }
  }
}
