import COpenSSL

/// The certificate, trust and protocol settings that TLS sessions share.
///
/// TLS 1.2 with forward secrecy and authenticated encryption, or 1.3; no renegotiation, no
/// compression, no session kept here, no early data. Source: RFC 9325.
// SAFETY: the pointer is set up in `init`, freed once, and only lent to `SSL_new` in between, which
// OpenSSL allows on every thread.
@safe package final class TLSContext: @unchecked Sendable {
  let pointer: OpaquePointer
  let isServer: Bool

  /// The application protocol offered and accepted.
  ///
  /// Source: RFC 7301; IANA's list of protocol identifiers.
  static let protocolName = Array("http/1.1".utf8)

  /// TLS 1.2's cipher suites; those of 1.3 are all acceptable.
  private static let suites = "ECDHE+AESGCM:ECDHE+CHACHA20"

  private init(isServer: Bool) throws(TransportError) {
    self.isServer = isServer
    let method = unsafe isServer ? TLS_server_method() : TLS_client_method()
    guard let pointer = unsafe SSL_CTX_new(method) else { throw .tls(.context) }
    unsafe self.pointer = pointer
    unsafe SSL_CTX_set_options(
      pointer, tls_no_renegotiation | tls_no_compression | tls_server_chooses)
    try control(SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION))
    // An idle session releases its buffers.
    try control(
      SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS) | Int(SSL_MODE_ENABLE_PARTIAL_WRITE))
    _ = unsafe SSL_CTX_ctrl(
      pointer, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    try check(.context, unsafe SSL_CTX_set_cipher_list(pointer, Self.suites))
  }

  /// A server's context, from PEM files of its chain, leaf first, and of its key.
  ///
  /// With `clients`, a PEM file of authorities, only clients with a certificate of theirs are
  /// accepted.
  package convenience init(
    certificate: String, key: String, clients: String? = nil
  ) throws(TransportError) {
    try self.init(isServer: true)
    try use(certificate, key: key)
    unsafe SSL_CTX_set_alpn_select_cb(pointer, chooseProtocol, nil)
    // Only this server's own sessions can be resumed.
    try check(
      .context,
      unsafe SSL_CTX_set_session_id_context(
        pointer, Self.protocolName, UInt32(Self.protocolName.count)))
    if let clients {
      try trust(clients)
      unsafe SSL_CTX_set_client_CA_list(pointer, SSL_load_client_CA_file(clients))
    }
  }

  /// A client's context, which trusts the authorities in a PEM file and checks no name.
  ///
  /// It presents `certificate`, if there is one and the server asks for it.
  package convenience init(
    trusting authorities: String, certificate: (chain: String, key: String)? = nil
  ) throws(TransportError) {
    try self.init(isServer: false)
    try trust(authorities)
    if let certificate { try use(certificate.chain, key: certificate.key) }
    let offer = [UInt8(Self.protocolName.count)] + Self.protocolName
    // Unlike the others, this call returns 0 for success.
    let result = unsafe SSL_CTX_set_alpn_protos(pointer, offer, UInt32(offer.count))
    guard result == 0 else { throw .tls(.context) }
  }

  deinit {
    unsafe SSL_CTX_free(pointer)
  }

  /// Presents a certificate with its chain to the other side.
  private func use(_ chain: String, key: String) throws(TransportError) {
    // A key with a passphrase is refused, rather than asked for at the terminal.
    unsafe SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in 0 }
    try check(.certificate(chain), unsafe SSL_CTX_use_certificate_chain_file(pointer, chain))
    try check(.key(key), unsafe SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM))
    try check(.key(key), unsafe SSL_CTX_check_private_key(pointer))
  }

  /// Requires a certificate of these authorities from the other side.
  private func trust(_ authorities: String) throws(TransportError) {
    try check(
      .authorities(authorities), unsafe SSL_CTX_load_verify_file(pointer, authorities))
    let mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
    unsafe SSL_CTX_set_verify(pointer, mode, nil)
  }

  private func control(_ command: Int32, _ value: Int) throws(TransportError) {
    guard unsafe SSL_CTX_ctrl(pointer, command, value, nil) != 0 else { throw .tls(.context) }
  }

  private func check(_ part: TransportError.TLS, _ result: Int32) throws(TransportError) {
    guard result == 1 else { throw .tls(part) }
  }
}

/// Selects HTTP/1.1 from a client's offer; an offer without it is refused.
///
/// Source: RFC 7301 §3.2.
private let chooseProtocol: SSL_CTX_alpn_select_cb_func = {
  _, chosen, chosenCount, offered, count, _ in
  // SAFETY: OpenSSL has checked that `offered` is `count` bytes of names, each behind its length,
  // and copies the chosen one before they are freed.
  var rest = unsafe UnsafeBufferPointer(start: offered, count: Int(count))[...]
  while let length = unsafe rest.popFirst(), unsafe rest.count >= Int(length) {
    let name = unsafe rest.prefix(Int(length))
    if unsafe name.elementsEqual(TLSContext.protocolName) {
      unsafe chosen?.pointee = offered?.advanced(by: name.startIndex)
      unsafe chosenCount?.pointee = length
      return SSL_TLSEXT_ERR_OK
    }
    unsafe rest = rest.dropFirst(Int(length))
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL
}
