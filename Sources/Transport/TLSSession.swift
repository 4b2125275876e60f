import COpenSSL

/// One side of a TLS connection, without a socket: converts between ciphertext and text.
///
/// It never blocks. After any call it may have ciphertext to send: of the handshake, an alert, a
/// ticket or a new key.
@safe package final class TLSSession {
  private let ssl: OpaquePointer
  /// The ciphertext received, owned by `ssl`.
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer
  private let context: TLSContext
  /// Whether the last read stopped because it had reached its limit.
  package private(set) var hasMore = false
  private var failure: TransportError?

  /// The maximum bytes of text in one record.
  ///
  /// Source: RFC 8446 §5.1.
  package static let record = 16 * 1024

  package init(_ context: TLSContext) throws(TransportError) {
    guard let ssl = unsafe SSL_new(context.pointer), let incoming = unsafe BIO_new(BIO_s_mem()),
      let outgoing = unsafe BIO_new(BIO_s_mem())
    else { throw .tls(.context) }
    unsafe SSL_set_bio(ssl, incoming, outgoing)
    if context.isServer {
      unsafe SSL_set_accept_state(ssl)
    } else {
      unsafe SSL_set_connect_state(ssl)
    }
    self.context = context
    unsafe (self.ssl, self.incoming, self.outgoing) = (ssl, incoming, outgoing)
  }

  deinit {
    unsafe SSL_free(ssl)
  }

  /// Whether the handshake is complete, so that text can be sent.
  package var isEstablished: Bool { unsafe SSL_is_init_finished(ssl) == 1 && failure == nil }

  /// The negotiated application protocol; empty if there is none.
  package var agreedProtocol: [UInt8] {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    // SAFETY: the name lives as long as the session, and is copied here.
    unsafe SSL_get0_alpn_selected(ssl, &name, &count)
    return unsafe Array(UnsafeBufferPointer(start: name, count: Int(count)))
  }

  /// The protocol version, such as `TLSv1.3`.
  package var version: String { unsafe String(cString: SSL_get_version(ssl)) }

  /// Adds ciphertext from the other side.
  package func take(_ ciphertext: [UInt8]) {
    var rest = ciphertext[...]
    while !rest.isEmpty {
      // SAFETY: OpenSSL copies at most the slice's count.
      let taken = unsafe rest.withUnsafeBytes { bytes in
        unsafe BIO_write(incoming, bytes.baseAddress, Int32(clamping: bytes.count))
      }
      precondition(taken > 0, "no memory for ciphertext")
      rest = rest.dropFirst(Int(taken))
    }
  }

  /// Continues the handshake, then returns text, at most `limit` bytes.
  package func read(atMost limit: Int) throws(TransportError) -> Socket.Received {
    if let failure { throw failure }
    hasMore = false
    var result: Int32 = 1
    ERR_clear_error()
    // SAFETY: OpenSSL writes at most what is left of the buffer, and only that is counted.
    let text = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      while count < limit {
        var taken = 0
        let room = unsafe buffer.baseAddress?.advanced(by: count)
        result = unsafe SSL_read_ex(ssl, room, limit - count, &taken)
        guard result == 1 else { return }
        count += taken
      }
    }
    hasMore = result == 1
    // The reason for stopping after some text is found again by the next call.
    if !text.isEmpty { return .bytes(text.count < limit / 2 ? Array(text[...]) : text) }
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .nothing
    case SSL_ERROR_ZERO_RETURN: return .end
    default: throw fail()
    }
  }

  /// Encrypts text, at most one record; returns how many bytes, 0 before the handshake is over.
  package func write(_ text: Span<UInt8>) throws(TransportError) -> Int {
    guard isEstablished, !text.isEmpty else { return 0 }
    var written = 0
    ERR_clear_error()
    // SAFETY: OpenSSL reads within the span, and keeps no pointer to it once it has succeeded.
    let result = unsafe text.withUnsafeBufferPointer { buffer in
      unsafe SSL_write_ex(ssl, buffer.baseAddress, min(buffer.count, Self.record), &written)
    }
    guard result == 1 else { throw fail() }
    return written
  }

  /// Sends the closure alert.
  package func end() {
    guard isEstablished else { return }
    ERR_clear_error()
    // The result is 0 when the other side has not sent its own, which is not waited for.
    if unsafe SSL_shutdown(ssl) < 0 { ERR_clear_error() }
  }

  /// Removes the ciphertext that is to be sent.
  package func ciphertext() -> [UInt8] {
    let count = unsafe BIO_ctrl_pending(outgoing)
    guard count > 0 else { return [] }
    // SAFETY: OpenSSL writes at most the buffer's count, and only that is counted.
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, taken in
      taken = max(0, Int(unsafe BIO_read(outgoing, buffer.baseAddress, Int32(clamping: count))))
    }
  }

  /// Marks the session as failed and unusable.
  ///
  /// Source: SSL_get_error(3).
  private func fail() -> TransportError {
    let reason = unsafe ERR_reason_error_string(ERR_peek_last_error())
    let words = unsafe reason.map { unsafe String(cString: $0) } ?? "no reason"
    let error = TransportError.tls(.session(reason: words))
    failure = error
    return error
  }
}
