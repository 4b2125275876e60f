import Imaging

/// MRC and CCP4 maps: sections of one size and type, each of them a page.
///
/// Rows stay in the file's order, as mrcfile and tifffile's readers have them.
/// Source: Cheng et al. 2015, MRC2014; IMOD's description of the format for its modes and flags.
struct MRCDecoder: PictureDecoder {
  private let bytes: [UInt8]
  private let size: Size
  private let stored: ImageHeader.Stored
  private let isBigEndian: Bool
  private let data: Int
  private let pixelSize: PixelSize?
  private let notices: [String]
  let pages: Int

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    var fields = FileFields(format: .mrc, bytes: bytes)
    var notices = [
      "Rows are in the file's order; programs that follow MRC's convention show the first at the"
        + " bottom."
    ]
    switch (try fields.unsigned(at: 212, bytes: 1), try fields.unsigned(at: 213, bytes: 1)) {
    case (0x44, _): fields.isBigEndian = false
    case (0x11, _): fields.isBigEndian = true
    default:
      fields.isBigEndian = try fields.unsigned(at: 12, bytes: 4) > 0xFFFF
      notices.append("The machine stamp is unknown; the byte order was told from the mode.")
    }
    let width = try fields.signed(at: 0, bytes: 4)
    let height = try fields.signed(at: 4, bytes: 4)
    let promised = try fields.signed(at: 8, bytes: 4)
    let extended = try fields.signed(at: 92, bytes: 4)
    _ = try fields.unsigned(at: 1020, bytes: 4)
    guard width > 0, height > 0, promised > 0 else {
      throw .damaged(.mrc, reason: "sections of \(width)×\(height), \(promised) of them")
    }
    guard extended >= 0 else {
      throw .damaged(.mrc, reason: "an extended header of \(extended) bytes")
    }
    try limits.check(width: width, height: height)
    stored = try Self.numbers(fields)
    let section = width * height * stored.bits / 8
    data = 1024 + extended
    pages = min(promised, max(bytes.count - data, 0) / section)
    guard pages > 0 else {
      throw .truncated(.mrc, reason: "the file ends before the end of its first section")
    }
    if pages < promised {
      notices.append("The file ends after \(pages) of \(promised) sections.")
    }
    pixelSize = try Self.pixelSize(fields)
    size = Size(width: width, height: height)
    isBigEndian = fields.isBigEndian
    self.bytes = bytes
    self.notices = notices
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    ImageHeader(
      format: .mrc, size: size, channels: 1, kind: .grey, depth: stored.depth, stored: stored,
      page: page, pages: pages, pixelSize: pixelSize, notices: notices)
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    let section = size.width * size.height * stored.bits / 8
    let grid = SampleGrid(
      packed: size, channels: 1, stored: stored, isBigEndian: isBigEndian,
      at: data + header.page * section)
    return DecodedSamples(samples: grid.samples(of: bytes, channels: channels))
  }

  /// The numbers of a mode.
  ///
  /// Bytes are signed, unless IMOD's stamp is there and its flag for signed bytes is not.
  private static func numbers(_ fields: FileFields) throws(CodecError) -> ImageHeader.Stored {
    switch try fields.signed(at: 12, bytes: 4) {
    case 0:
      let isFromIMOD = try fields.unsigned(at: 152, bytes: 4) == 1_146_047_817
      let hasSignedBytes = try fields.unsigned(at: 156, bytes: 4) & 1 == 1
      return ImageHeader.Stored(isFromIMOD && !hasSignedBytes ? .unsigned : .signed, bits: 8)
    case 1: return ImageHeader.Stored(.signed, bits: 16)
    case 2: return ImageHeader.Stored(.float, bits: 32)
    case 6: return ImageHeader.Stored(.unsigned, bits: 16)
    case 12: return ImageHeader.Stored(.float, bits: 16)
    case 3, 4: throw .unsupported(.mrc, what: "complex numbers, a transform and no picture")
    case 16: throw .unsupported(.mrc, what: "colours (mode 16)")
    case 101: throw .unsupported(.mrc, what: "packed samples of 4 bits (mode 101)")
    case let mode: throw .damaged(.mrc, reason: "mode \(mode)")
    }
  }

  /// The cell's sides, in ångström, over its sampling; `nil` for exactly 1 Å, which programs write
  /// when they do not know it.
  private static func pixelSize(_ fields: FileFields) throws(CodecError) -> PixelSize? {
    let (columns, rows) = (
      try fields.signed(at: 28, bytes: 4), try fields.signed(at: 32, bytes: 4)
    )
    let (width, height) = (try fields.float32(at: 40), try fields.float32(at: 44))
    guard columns > 0, rows > 0 else { return nil }
    let (x, y) = (Double(width) / Double(columns), Double(height) / Double(rows))
    return x == 1 && y == 1 ? nil : PixelSize(width: x * 1e-10, height: y * 1e-10)
  }
}
