import CZlib

/// Undoes the compression of ZIP archives' members, and of bodies.
///
/// Source: RFC 1951 and RFC 1950, through zlib's `inflate`.
package enum Inflation {
  /// No byte of a deflated run stands for more than this many.
  static let largestRatio = 1032

  /// What a deflated run stands in.
  package enum Frame: Sendable, Hashable {
    case none
    /// zlib's header and check sum.
    case zlib
  }

  /// The bytes that a deflated run stands for, exactly `count` of them.
  package static func inflate(
    _ bytes: [UInt8], to count: Int, in frame: Frame = .none
  ) throws(ArrayFileError) -> [UInt8] {
    let (most, overflows) = bytes.count.multipliedReportingOverflow(by: largestRatio)
    guard overflows || count <= most, count <= UInt32.max, bytes.count <= UInt32.max else {
      throw .malformedDeflation(bytes: bytes.count, wanted: count)
    }
    var isWhole = false
    // A negative number of bits is no frame.
    let window: Int32 = frame == .zlib ? 15 : -15
    // SAFETY: zlib reads and writes within the counts given, which are the buffers' own; of the
    // output as many bytes are initialised as it says that it wrote.
    // Zlib wants an address even for no bytes.
    let inflated = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 1)) {
      output, initialized in
      unsafe bytes.withUnsafeBufferPointer { input in
        var stream = unsafe z_stream()
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(count)
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(&stream, window, ZLIB_VERSION, size) == Z_OK else {
          initialized = 0
          return
        }
        let result = unsafe CZlib.inflate(&stream, Z_FINISH)
        unsafe isWhole = result == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0
        initialized = unsafe count - Int(stream.avail_out)
        unsafe inflateEnd(&stream)
      }
    }
    guard isWhole else { throw .malformedDeflation(bytes: bytes.count, wanted: count) }
    return inflated
  }
}
