internal import CImage
package import Imaging

/// The colours of a PNG's indices, and a text for those who read the file.
package struct PNGPalette: Sendable {
  /// Red, green and blue of all indices, `[256, 3]`; the first is transparent.
  let colours: [UInt8]
  let text: String

  package init(colours: [UInt8], text: String) {
    precondition(colours.count == 3 * 256, "\(colours.count) values for 256 colours")
    (self.colours, self.text) = (colours, text)
  }
}

/// Encodes a raster of 8- or 16-bit samples as a PNG, with a palette where they are its indices; the
/// same raster gives the same bytes.
package func encodePNG(
  _ raster: Raster, _ palette: PNGPalette? = nil
) throws(CodecError) -> [UInt8] {
  precondition(palette == nil || raster.channels == 1, "indices in \(raster.channels) channels")
  return switch raster.samples {
  case .uint8(let samples): try encode(samples, palette, of: raster, bits: 8)
  case .uint16(let samples): try encode(samples, nil, of: raster, bits: 16)
  case .float32, .float64: throw .unsupported(.png, what: "floating-point samples")
  }
}

private func encode<Sample: BitwiseCopyable>(
  _ samples: [Sample], _ palette: PNGPalette?, of raster: Raster, bits: Int
) throws(CodecError) -> [UInt8] {
  guard let width = UInt32(exactly: raster.size.width), width > 0,
    let height = UInt32(exactly: raster.size.height), height > 0
  else { throw .unsupported(.png, what: "a picture of \(raster.size)") }
  var header = cimage_header(
    width: width, height: height, channels: UInt32(raster.channels), bits: UInt32(bits),
    kind: raster.channels == 1 ? CIMAGE_GREY : CIMAGE_COLOUR, number: CIMAGE_UNSIGNED,
    stored_bits: UInt32(bits), orientation: 0, pixel_width: 0, pixel_height: 0, notices: 0)
  var fault = cimage_fault()
  var code = CIMAGE_OK
  let text: [UInt8] = palette.map { Array($0.text.utf8) + [0] } ?? []
  let raw = samples.count * bits / 8 + raster.size.height
  let bound = encodedBound(raw) + text.count
  // SAFETY: the codec reads `height × width × channels` samples, which a raster holds, the 256
  // colours and the zero-terminated text, writes `capacity` bytes at most and returns how many.
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, length in
    code = unsafe samples.withUnsafeBufferPointer { samples in
      guard let palette else {
        return unsafe cimage_png_encode(
          &header, samples.baseAddress, nil, buffer.baseAddress, buffer.count, &length, &fault)
      }
      return unsafe palette.colours.withUnsafeBufferPointer { colours in
        unsafe text.withUnsafeBytes { text in
          var native = unsafe cimage_palette(
            colours: colours.baseAddress,
            text: text.baseAddress?.assumingMemoryBound(to: CChar.self))
          return unsafe cimage_png_encode(
            &header, samples.baseAddress, &native, buffer.baseAddress, buffer.count, &length,
            &fault)
        }
      }
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
