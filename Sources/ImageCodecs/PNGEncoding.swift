internal import CImage
package import Imaging

/// Encodes a raster of 8- or 16-bit samples as a PNG; the same raster gives the same bytes.
package func encodePNG(_ raster: Raster) throws(CodecError) -> [UInt8] {
  switch raster.samples {
  case .uint8(let samples): try encode(samples, of: raster, bits: 8)
  case .uint16(let samples): try encode(samples, of: raster, bits: 16)
  case .float32, .float64: throw .unsupported(.png, what: "floating-point samples")
  }
}

private func encode<Sample: BitwiseCopyable>(_ samples: [Sample], of raster: Raster, bits: Int)
  throws(CodecError) -> [UInt8]
{
  guard let width = UInt32(exactly: raster.size.width), width > 0,
    let height = UInt32(exactly: raster.size.height), height > 0
  else { throw .unsupported(.png, what: "a picture of \(raster.size)") }
  var header = cimage_header(
    width: width, height: height, channels: UInt32(raster.channels), bits: UInt32(bits),
    kind: raster.channels == 1 ? CIMAGE_GREY : CIMAGE_COLOUR, number: CIMAGE_UNSIGNED,
    stored_bits: UInt32(bits), orientation: 0, pixel_width: 0, pixel_height: 0, notices: 0)
  var fault = cimage_fault()
  var code = CIMAGE_OK
  let raw = samples.count * bits / 8 + raster.size.height
  // SAFETY: the codec reads `height × width × channels` samples, which a raster holds, writes
  // `capacity` bytes at most and returns how many.
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: encodedBound(raw)) { buffer, length in
    code = unsafe samples.withUnsafeBufferPointer {
      unsafe cimage_png_encode(
        &header, $0.baseAddress, buffer.baseAddress, buffer.count, &length, &fault)
    }
    if code != CIMAGE_OK { length = 0 }
  }
  guard code == CIMAGE_OK else { throw .unsupported(.png, what: fault.line) }
  return bytes
}

/// An upper bound on the PNG's bytes, for filtered rows of `raw` bytes.
///
/// It covers what zlib adds to incompressible data, a header and a checksum for each piece, and the
/// other chunks.
private func encodedBound(_ raw: Int) -> Int { raw + raw / 256 + 4096 }
