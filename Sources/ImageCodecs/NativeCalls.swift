internal import CImage
internal import Imaging

/// The calls of a C codec, which all take the file, the limits, and a place for a fault.
struct NativeCalls {
  let format: ImageFormat
  let bytes: [UInt8]
  let limits: DecodingLimits
  /// The bytes from the file's start that decoding reads; all of them unless told.
  var readableCount: Int?

  typealias Probe = (
    UnsafePointer<UInt8>?, Int, UnsafePointer<cimage_limits>, UnsafeMutablePointer<cimage_header>,
    UnsafeMutablePointer<cimage_fault>
  ) -> cimage_code

  typealias Decode = (
    UnsafePointer<UInt8>?, Int, UnsafePointer<cimage_limits>, UnsafePointer<cimage_header>,
    UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<cimage_header>,
    UnsafeMutablePointer<cimage_fault>
  ) -> cimage_code

  private var native: cimage_limits {
    cimage_limits(
      side: UInt32(clamping: limits.side), pixels: UInt64(limits.pixels),
      allocation: UInt64(DecodingLimits.allocation) + 16 * UInt64(bytes.count),
      scans: UInt32(DecodingLimits.scans), samples: UInt32(DecodingLimits.samples),
      keeps_indices: limits.keepsIndices ? 1 : 0)
  }

  /// Reads a header; sides of 0 are refused here, long ones are not.
  func probe(_ call: Probe) throws(CodecError) -> cimage_header {
    var header = cimage_header()
    var fault = cimage_fault()
    var native = native
    // SAFETY: the codecs read `bytes.count` bytes at most and write the two structures.
    let code = unsafe bytes.withUnsafeBufferPointer { file in
      unsafe call(file.baseAddress, file.count, &native, &header, &fault)
    }
    if let error = error(for: code, fault) { throw error }
    guard header.width > 0, header.height > 0 else {
      throw .damaged(format, reason: "a picture of \(header.width)×\(header.height)")
    }
    return header
  }

  /// Decodes samples of the picture whose header was probed, and returns the header that was found
  /// meanwhile.
  func decode(
    _ header: cimage_header, channels: Int, _ call: Decode
  ) throws(CodecError) -> (samples: Raster.Samples, found: cimage_header) {
    let count = Int(header.width) * Int(header.height) * channels
    // SAFETY: `samples` calls it with memory of the size that it names.
    switch ImageHeader.Depth(header) {
    case .uint8:
      let (values, found) = unsafe try samples(count, of: UInt8.self, header, call)
      return (.uint8(values), found)
    case .uint16:
      let (values, found) = unsafe try samples(count, of: UInt16.self, header, call)
      return (.uint16(values), found)
    case .float32:
      let (values, found) = unsafe try samples(count, of: Float.self, header, call)
      return (.float32(values), found)
    case .float64:
      let (values, found) = unsafe try samples(count, of: Double.self, header, call)
      return (.float64(values), found)
    }
  }

  /// Decodes the chosen channels of the picture with a header.
  func decode(
    _ header: ImageHeader, channels: [Int], _ call: Decode
  ) throws(CodecError) -> DecodedSamples {
    let decoded = try unsafe decode(header.native, channels: header.channels, call)
    let notices = Notice.sentences(decoded.found).filter { !header.notices.contains($0) }
    return DecodedSamples(
      samples: decoded.samples.choosing(channels, of: header.channels), notices: notices)
  }

  private func samples<Sample: BitwiseCopyable>(
    _ count: Int, of type: Sample.Type, _ header: cimage_header, _ call: Decode
  ) throws(CodecError) -> ([Sample], cimage_header) {
    var header = header
    var found = header
    var fault = cimage_fault()
    var native = native
    var code = CIMAGE_OK
    // SAFETY: the codecs write `room` bytes at most, and all of them unless they report an error;
    // then nothing counts as initialised.
    let samples = unsafe [Sample](unsafeUninitializedCapacity: count) { buffer, initialised in
      let room = count * MemoryLayout<Sample>.stride
      let out = UnsafeMutableRawPointer(buffer.baseAddress)
      code = unsafe bytes.withUnsafeBufferPointer { file in
        let readable = min(readableCount ?? file.count, file.count)
        return unsafe call(
          file.baseAddress, readable, &native, &header, out, room, &found, &fault)
      }
      initialised = code == CIMAGE_OK ? count : 0
    }
    if let error = error(for: code, fault) { throw error }
    return (samples, found)
  }

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

extension ImageHeader.Depth {
  init(_ native: cimage_header) {
    switch native.bits {
    case 8: self = .uint8
    case 16: self = .uint16
    case 32: self = .float32
    default: self = .float64
    }
  }
}

extension ImageHeader {
  /// A header that a C codec has read.
  init(
    _ native: cimage_header, format: ImageFormat, page: Int = 0, pages: Int = 1,
    orientation: Orientation? = nil, pixelSize: PixelSize? = nil, noData: NoData? = nil,
    notices: [String] = []
  ) {
    self.init(
      format: format, size: Size(width: Int(native.width), height: Int(native.height)),
      channels: Int(native.channels),
      kind: native.kind == CIMAGE_GREY
        ? .grey : native.kind == CIMAGE_COLOUR ? .colour : .channels,
      depth: Depth(native),
      stored: Stored(
        native.number == CIMAGE_UNSIGNED
          ? .unsigned : native.number == CIMAGE_SIGNED ? .signed : .float,
        bits: Int(native.stored_bits)),
      page: page, pages: pages,
      orientation: orientation ?? Orientation(rawValue: Int(native.orientation)) ?? .upright,
      pixelSize: pixelSize
        ?? PixelSize(width: native.pixel_width, height: native.pixel_height),
      noData: noData, notices: notices)
  }
}

extension ImageHeader {
  /// What a C codec must find again; every side was checked against the limits.
  var native: cimage_header {
    var native = cimage_header()
    native.width = UInt32(clamping: size.width)
    native.height = UInt32(clamping: size.height)
    native.channels = UInt32(clamping: channels)
    native.bits = UInt32(8 * depth.bytes)
    native.kind = kind == .grey ? CIMAGE_GREY : kind == .colour ? CIMAGE_COLOUR : CIMAGE_CHANNELS
    native.number =
      stored.number == .unsigned
      ? CIMAGE_UNSIGNED : stored.number == .signed ? CIMAGE_SIGNED : CIMAGE_FLOAT
    native.stored_bits = UInt32(stored.bits)
    return native
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
