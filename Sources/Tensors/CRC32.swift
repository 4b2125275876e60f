import CZlib

/// The checksum of ZIP archives, of bytes that arrive in pieces.
struct CRC32: Sendable {
  private(set) var value: UInt32 = 0

  mutating func update(_ bytes: [UInt8]) {
    // Of no bytes zlib may be given no address, and would begin anew.
    guard !bytes.isEmpty else { return }
    // SAFETY: the array is alive during the call, and zlib reads exactly its count.
    let sum = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe crc32_z(uLong(value), buffer.baseAddress, buffer.count)
    }
    value = UInt32(truncatingIfNeeded: sum)
  }
}
