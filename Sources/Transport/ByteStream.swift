/// The verbs of a two-way stream of bytes.
///
/// Whoever uses them does not know whether it is encrypted.
///
/// A stream belongs to one event loop and is touched nowhere else.
package protocol ByteStream: AnyObject {
  /// Begins to watch; `notify` is called on the event loop.
  func start(notify: @escaping @Sendable (Readiness) -> Void)

  /// Takes what has arrived, at most `limit` bytes.
  func receive(atMost limit: Int) throws(TransportError) -> Socket.Received

  /// Whether bytes may be left here, unannounced, by whoever received fewer than were asked for.
  var keepsBytes: Bool { get }

  /// Whether arrivals are announced. While they are not, the kernel's buffer slows the peer.
  var isReading: Bool { get set }

  /// Queues bytes behind those that wait, and sends what the kernel takes at once.
  func send(_ bytes: [UInt8]) throws(TransportError)

  /// Sends more of what waits, as far as the kernel takes it.
  func flush() throws(TransportError)

  /// Bytes that wait here because the kernel is full.
  var pending: Int { get }

  /// Bytes that the peer has acknowledged since the beginning.
  var acknowledged: Int { get }

  /// Whether the peer is still there, also while reading is off.
  var peer: Socket.Peer { get }

  /// Ends the sending side; the peer's bytes can still be read.
  func endOutput()

  /// Ends everything. Later calls do nothing.
  func close()
}

/// What a stream announces.
package enum Readiness: Sendable, Equatable {
  /// Bytes, an end or a failure can be received.
  case readable
  /// The kernel takes bytes again.
  case writable
}
