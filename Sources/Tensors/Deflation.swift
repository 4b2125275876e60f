import CZlib

/// Compresses bytes for TIFF strips and Zarr chunks.
///
/// Source: RFC 1950, through zlib's `compress2`.
package enum Deflation {
  /// A balance of time and size for runs of few values.
  private static let level: Int32 = 4

  /// The bytes as a zlib stream; equal bytes give equal streams.
  package static func zlib(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let bound = Int(compressBound(uLong(bytes.count)))
    // SAFETY: zlib reads the slice's bytes, writes `bound` at most, which suffice for any input of
    // that length, and says how many.
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      unsafe bytes.withUnsafeBufferPointer { input in
        var written = uLongf(bound)
        let code = unsafe compress2(
          output.baseAddress, &written, input.baseAddress, uLong(input.count), level)
        precondition(code == Z_OK, "zlib's code \(code) for \(input.count) bytes")
        count = Int(written)
      }
    }
  }
}
