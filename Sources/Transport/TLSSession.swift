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

  /// The subject of the other side's certificate; `nil` if none was requested or verified.
  ///
  /// The whole subject in printable ASCII, such as `CN=Ada,O=Lab`; if it is empty or longer than
  /// `longestName`, `sha256:` and the digest of the certificate. Source: RFC 4514.
  package var peerName: String? {
    guard isEstablished, unsafe SSL_get_verify_result(ssl) == Int(X509_V_OK),
      let certificate = unsafe SSL_get0_peer_certificate(ssl)
    else { return nil }
    return unsafe Self.subject(of: certificate) ?? Self.digest(of: certificate)
  }

  /// The maximum length of a subject used as a name, in characters.
  package static let longestName = 128

  private static func subject(of certificate: OpaquePointer) -> String? {
    guard let name = unsafe X509_get_subject_name(certificate),
      unsafe X509_NAME_entry_count(name) > 0, let text = unsafe BIO_new(BIO_s_mem())
    else { return nil }
    defer { unsafe BIO_free(text) }
    guard unsafe X509_NAME_print_ex(text, name, 0, x509_name_as_text) > 0 else { return nil }
    let bytes = unsafe taken(from: text)
    guard bytes.count <= longestName, bytes.allSatisfy({ 0x20...0x7e ~= $0 }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digest(of certificate: OpaquePointer) -> String? {
    var count: UInt32 = 0
    var failed = true
    // SAFETY: OpenSSL writes at most EVP_MAX_MD_SIZE bytes, and only those are counted.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, taken in
      failed = unsafe X509_digest(certificate, EVP_sha256(), buffer.baseAddress, &count) != 1
      taken = failed ? 0 : Int(count)
    }
    guard !failed else { return nil }
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return "sha256:" + digits.joined()
  }

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
    unsafe Self.taken(from: outgoing)
  }

  /// Removes all bytes from a memory buffer.
  private static func taken(from buffer: OpaquePointer) -> [UInt8] {
    let count = unsafe BIO_ctrl_pending(buffer)
    guard count > 0 else { return [] }
    // SAFETY: OpenSSL writes at most the array's room, and only that is counted.
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { room, taken in
      taken = max(0, Int(unsafe BIO_read(buffer, room.baseAddress, Int32(clamping: count))))
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
