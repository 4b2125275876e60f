/// A two-way stream of bytes, plain or encrypted.
///
/// A stream belongs to one event loop and is used nowhere else.
package protocol ByteStream: AnyObject {
  /// Starts watching; `notify` is called on the event loop.
  func start(notify: @escaping @Sendable (Readiness) -> Void)

  /// Reads what has arrived, at most `limit` bytes.
  func receive(atMost limit: Int) throws(TransportError) -> Socket.Received

  /// Whether bytes may remain here without a notification after a read of fewer than requested.
  var keepsBytes: Bool { get }

  /// Whether arrivals are announced; while they are not, the kernel's buffer slows the peer.
  var isReading: Bool { get set }

  /// Queues bytes behind those that wait, and sends what the kernel accepts at once.
  func send(_ bytes: [UInt8]) throws(TransportError)

  /// Sends more of the queued bytes, as far as the kernel accepts them.
  func flush() throws(TransportError)

  /// The number of bytes queued because the kernel's buffer is full.
  var pending: Int { get }

  /// The number of bytes that the peer has acknowledged in total.
  var acknowledged: Int { get }

  /// The state of the peer, also known while reading is off.
  var peer: Socket.Peer { get }

  /// The name in the peer's certificate, where one was verified.
  var certificate: String? { get }

  /// Ends the sending side; the peer's bytes can still be read.
  func endOutput()

  /// Closes the stream; later calls have no effect.
  func close()
}

/// A notification of a stream.
package enum Readiness: Sendable, Equatable {
  /// Bytes, an end or a failure can be received.
  case readable
  /// The kernel accepts bytes again.
  case writable
}
