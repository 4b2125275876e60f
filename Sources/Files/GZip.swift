import CZlib

/// Compresses bytes as `gzip` does.
package enum GZip {
  /// The compressed bytes; `nil` where zlib has no memory for it.
  ///
  /// Source: RFC 1952, through zlib's `deflate`.
  package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count <= UInt32.max / 2 else { return nil }
    var isWhole = false
    // What zlib's `deflateBound` allows for, with the head and the end of a file.
    let room = bytes.count + bytes.count / 1000 + 64
    // SAFETY: zlib reads and writes within the counts given, which are the buffers' own; of the
    // output as many bytes are initialised as it says that it wrote.
    let compressed = unsafe [UInt8](unsafeUninitializedCapacity: room) { output, initialized in
      unsafe bytes.withUnsafeBufferPointer { input in
        var stream = unsafe z_stream()
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(room)
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        // 16 more bits of the window stand for the gzip format.
        let isReady = unsafe deflateInit2_(
          &stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
          size)
        guard isReady == Z_OK else {
          initialized = 0
          return
        }
        isWhole = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
        initialized = unsafe room - Int(stream.avail_out)
        unsafe deflateEnd(&stream)
      }
    }
    return isWhole ? compressed : nil
  }
}
