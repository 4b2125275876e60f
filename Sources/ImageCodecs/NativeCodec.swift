internal import CImage
internal import Imaging

/// One page of a file in memory, for the C codecs.
struct NativeCodec {
  let bytes: [UInt8]
  let format: ImageFormat
  /// The offset of a TIFF page's directory; 0 for the other formats.
  let directory: Int
  let limits: DecodingLimits

  private var nativeLimits: cimage_limits {
    cimage_limits(
      side: UInt32(clamping: limits.side), pixels: UInt64(limits.pixels),
      allocation: UInt64(DecodingLimits.allocation) + 16 * UInt64(bytes.count),
      scans: UInt32(DecodingLimits.scans), samples: UInt32(DecodingLimits.samples))
  }

  /// Reads the header; sides of 0 are refused here, long ones are not.
  func probe() throws(CodecError) -> cimage_header {
    var header = cimage_header()
    var fault = cimage_fault()
    var native = nativeLimits
    // SAFETY: the codecs read `bytes.count` bytes at most and write the two structures.
    let code = unsafe bytes.withUnsafeBufferPointer { file in
      switch format {
      case .png: unsafe cimage_png_probe(file.baseAddress, file.count, &header, &fault)
      case .jpeg: unsafe cimage_jpeg_probe(file.baseAddress, file.count, &header, &fault)
      case .tiff:
        unsafe cimage_tiff_probe(
          file.baseAddress, file.count, UInt64(directory), &native, &header, &fault)
      }
    }
    if let error = error(for: code, fault) { throw error }
    guard header.width > 0, header.height > 0 else {
      throw .damaged(format, reason: "a picture of \(header.width)×\(header.height)")
    }
    return header
  }

  /// Decodes the picture whose header was probed, as one sequence of samples.
  func decode(_ header: cimage_header, depth: ImageHeader.Depth) throws(CodecError)
    -> Raster.Samples
  {
    switch depth {
    case .uint8: .uint8(try samples(of: header, zero: 0))
    case .uint16: .uint16(try samples(of: header, zero: 0))
    case .float32: .float32(try samples(of: header, zero: 0))
    }
  }

  private func samples<Sample: BitwiseCopyable>(of header: cimage_header, zero: Sample)
    throws(CodecError) -> [Sample]
  {
    var header = header
    var fault = cimage_fault()
    var native = nativeLimits
    var code = CIMAGE_OK
    let count = Int(header.width) * Int(header.height) * Int(header.channels)
    // SAFETY: the codecs write `room` bytes at most, and all of them unless they report an error;
    // then nothing counts as initialised.
    let samples = unsafe [Sample](unsafeUninitializedCapacity: count) { buffer, initialised in
      let room = count * MemoryLayout<Sample>.stride
      let out = UnsafeMutableRawPointer(buffer.baseAddress)
      code = unsafe bytes.withUnsafeBufferPointer { file in
        let (start, length) = (file.baseAddress, file.count)
        return switch format {
        case .png:
          unsafe cimage_png_decode(start, length, &native, &header, out, room, &fault)
        case .jpeg:
          unsafe cimage_jpeg_decode(start, length, &native, &header, out, room, &fault)
        case .tiff:
          unsafe cimage_tiff_decode(
            start, length, UInt64(directory), &native, &header, out, room, &fault)
        }
      }
      initialised = code == CIMAGE_OK ? count : 0
    }
    if let error = error(for: code, fault) { throw error }
    return samples
  }
}

extension NativeCodec {
  private func error(for code: cimage_code, _ fault: cimage_fault) -> CodecError? {
    switch code {
    case CIMAGE_OK: nil
    case CIMAGE_TRUNCATED: .truncated(format, reason: fault.line)
    case CIMAGE_UNSUPPORTED: .unsupported(format, what: fault.line)
    case CIMAGE_NO_MEMORY: .outOfMemory(format)
    default: .damaged(format, reason: fault.line)
    }
  }
}

extension cimage_fault {
  /// The text without control characters: codecs may quote bytes of the file in it.
  var line: String {
    // SAFETY: the structure is plain bytes, read within its size.
    let bytes = unsafe withUnsafeBytes(of: self) { unsafe Array($0.prefix { $0 != 0 }) }
    let text = String(decoding: bytes, as: UTF8.self)
    return String(
      String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
  }
}
