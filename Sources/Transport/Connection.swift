/// A plain TCP stream, watched by an event loop.
package final class Connection: ByteStream {
  private let network: EventLoop
  private var socket: Socket?
  private var watch: Watch?
  private var output = OutputBuffer()
  private var sent = 0

  package init(_ socket: Socket, on network: EventLoop) {
    self.socket = socket
    self.network = network
  }

  deinit {
    close()
  }

  package func start(notify: @escaping @Sendable (Readiness) -> Void) {
    guard let socket, watch == nil else { return }
    watch = Watch(socket, on: network, notify: notify)
    watch?.isReading = true
  }

  package func receive(atMost limit: Int) throws(TransportError) -> Socket.Received {
    guard let socket else { return .end }
    return try socket.receive(atMost: limit)
  }

  package var keepsBytes: Bool { false }

  package var isReading: Bool {
    get { watch?.isReading ?? false }
    set { watch?.isReading = newValue }
  }

  package func send(_ bytes: [UInt8]) throws(TransportError) {
    guard socket != nil, !bytes.isEmpty else { return }
    output.append(bytes)
    try flush()
  }

  package func flush() throws(TransportError) {
    guard let socket else { return }
    while let front = output.front {
      let taken = try socket.send(front.bytes.span.extracting(front.offset...))
      output.drop(taken)
      sent += taken
      if front.offset + taken < front.bytes.count { break }
    }
    watch?.isWriting = !output.isEmpty
  }

  package var pending: Int { output.count }

  package var acknowledged: Int { sent - (socket?.unacknowledged ?? 0) }

  package var peer: Socket.Peer { socket?.peer ?? .gone }

  package var certificate: String? { nil }

  package func endOutput() {
    socket?.endOutput()
  }

  package func close() {
    watch?.cancel()
    watch = nil
    // A peer must not take what it was sent for all.
    if !output.isEmpty { socket?.resetOnClose() }
    socket = nil
    output = OutputBuffer()
  }
}
