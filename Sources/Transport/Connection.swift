import Dispatch

/// A plain TCP stream, watched by two dispatch sources on one serial queue.
///
/// Each source's cancellation handler holds the socket, so its descriptor is closed only when
/// neither source can name it any more.
package final class Connection: ByteStream {
  private let network: NetworkQueue
  private var socket: Socket?
  private var reader: Watch?
  /// Made when the kernel first refuses bytes: most connections never need it.
  private var writer: Watch?
  private var notify: (@Sendable (Readiness) -> Void)?
  private var output = OutputBuffer()
  private var sent = 0

  package init(_ socket: Socket, on network: NetworkQueue) {
    self.socket = socket
    self.network = network
  }

  deinit {
    close()
  }

  package func start(notify: @escaping @Sendable (Readiness) -> Void) {
    guard let socket, reader == nil else { return }
    self.notify = notify
    let source = DispatchSource.makeReadSource(
      fileDescriptor: socket.descriptor, queue: network.queue)
    reader = Watch(source, keeping: socket) { notify(.readable) }
    reader?.isOn = true
  }

  package func receive(atMost limit: Int) throws(TransportError) -> Socket.Received {
    guard let socket else { return .end }
    return try socket.receive(atMost: limit)
  }

  package var isReading: Bool {
    get { reader?.isOn ?? false }
    set { reader?.isOn = newValue }
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
    watchForRoom(!output.isEmpty, on: socket)
  }

  package var pending: Int { output.count }

  package var acknowledged: Int { sent - (socket?.unacknowledged ?? 0) }

  package var peer: Socket.Peer { socket?.peer ?? .gone }

  package func endOutput() {
    socket?.endOutput()
  }

  package func close() {
    reader?.cancel()
    writer?.cancel()
    reader = nil
    writer = nil
    notify = nil
    socket = nil
    output = OutputBuffer()
  }

  private func watchForRoom(_ on: Bool, on socket: Socket) {
    if on, writer == nil, let notify {
      let source = DispatchSource.makeWriteSource(
        fileDescriptor: socket.descriptor, queue: network.queue)
      writer = Watch(source, keeping: socket) { notify(.writable) }
    }
    writer?.isOn = on
  }
}

/// A dispatch source that may be switched off and is always safe to let go.
final class Watch {
  private let source: any DispatchSourceProtocol

  /// Begins switched off.
  init(
    _ source: any DispatchSourceProtocol, keeping socket: Socket,
    handler: @escaping @Sendable () -> Void
  ) {
    self.source = source
    source.setEventHandler(handler: handler)
    source.setCancelHandler { withExtendedLifetime(socket) {} }
  }

  var isOn = false {
    didSet {
      guard isOn != oldValue else { return }
      if isOn { source.resume() } else { source.suspend() }
    }
  }

  /// A suspended source would neither run its cancellation handler nor bear being released.
  func cancel() {
    source.cancel()
    isOn = true
  }
}
