import COpenSSL

/// SHA-256 of bytes that arrive in pieces.
///
/// A value: a copy goes its own way, and `finalise` may be asked at any point without ending the
/// stream. Source: FIPS 180-4, through OpenSSL's `EVP_Digest…`.
package struct SHA256: Sendable {
  private var context: Context

  package init() {
    context = Context()
  }

  package mutating func update(_ bytes: Span<UInt8>) {
    if !isKnownUniquelyReferenced(&context) {
      context = Context(copying: context)
    }
    context.update(bytes)
  }

  package mutating func update(_ bytes: [UInt8]) {
    update(bytes.span)
  }

  /// The digest of everything so far.
  package func finalise() -> Digest {
    Context(copying: context).finish()
  }
}

extension SHA256 {
  package static func digest(of bytes: Span<UInt8>) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalise()
  }

  package static func digest(of bytes: [UInt8]) -> Digest {
    digest(of: bytes.span)
  }

  /// The digest of a file's contents.
  package static func digest(of file: File) throws(FileError) -> Digest {
    var hash = SHA256()
    var (buffer, offset) = ([UInt8](repeating: 0, count: File.pieceBytes), 0)
    while true {
      let count = try file.read(buffer.count, into: &buffer, at: offset)
      hash.update(buffer.span.extracting(first: count))
      if count < buffer.count { return hash.finalise() }
      offset += count
    }
  }
}

/// Owner of one OpenSSL digest context.
///
/// OpenSSL can refuse these calls only when memory is gone or SHA-256 is configured away; both
/// are faults of the machine and never of the input, so they stop the program.
// SAFETY: the pointer is private and freed once; `SHA256` changes a context only while it holds
// the single reference to it, so no two threads ever write to the same one.
@safe private final class Context: @unchecked Sendable {
  private let pointer: OpaquePointer

  private init(pointer: OpaquePointer?) {
    guard let pointer = unsafe pointer else { preconditionFailure("no memory for a digest") }
    unsafe self.pointer = pointer
  }

  convenience init() {
    unsafe self.init(pointer: EVP_MD_CTX_new())
    let status = unsafe EVP_DigestInit_ex(pointer, EVP_sha256(), nil)
    precondition(status == 1, "OpenSSL offers no SHA-256")
  }

  convenience init(copying other: Context) {
    unsafe self.init(pointer: EVP_MD_CTX_new())
    let status = unsafe EVP_MD_CTX_copy_ex(pointer, other.pointer)
    precondition(status == 1, "OpenSSL could not copy a digest")
  }

  deinit {
    unsafe EVP_MD_CTX_free(pointer)
  }

  func update(_ bytes: Span<UInt8>) {
    // SAFETY: the span is alive during the call, and OpenSSL reads exactly its count.
    let status = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe EVP_DigestUpdate(pointer, buffer.baseAddress, buffer.count)
    }
    precondition(status == 1, "OpenSSL could not go on with a digest")
  }

  func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
    // SAFETY: SHA-256 writes 32 bytes, the array's count, and no length is asked for.
    let status = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      unsafe EVP_DigestFinal_ex(pointer, buffer.baseAddress, nil)
    }
    guard status == 1, let digest = Digest(bytes: bytes) else {
      preconditionFailure("OpenSSL could not end a digest")
    }
    return digest
  }
}
