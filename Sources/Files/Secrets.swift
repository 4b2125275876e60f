import COpenSSL

/// Unpredictable bytes.
///
/// Source: OpenSSL's `RAND_bytes`.
package func randomBytes(_ count: Int) -> [UInt8] {
  precondition(count >= 0 && count <= 1 << 16, "\(count) random bytes")
  var bytes = [UInt8](repeating: 0, count: count)
  // SAFETY: the call writes as many bytes as the array has.
  let status = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
    unsafe RAND_bytes(buffer.baseAddress, Int32(buffer.count))
  }
  precondition(status == 1, "the system has no randomness")
  return bytes
}

extension Digest {
  /// Whether two digests are equal, found out in a time that does not tell where they differ.
  package func matches(_ other: Digest) -> Bool {
    // SAFETY: both arrays have as many bytes as are compared.
    unsafe CRYPTO_memcmp(bytes, other.bytes, Digest.byteCount) == 0
  }
}
