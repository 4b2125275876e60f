import Imaging

/// The headers of a Windows or OS/2 bitmap.
///
/// Source: Windows' BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER and
/// BITMAPV5HEADER.
struct BMPHeader {
  enum Compression {
    case none
    case runs
    /// Colours by masks: red, green, blue, alpha.
    case masks([UInt32])
  }

  let size: Size
  let isTopDown: Bool
  /// 1, 2, 4 or 8 (of a palette), 16, 24 or 32.
  let bits: Int
  let compression: Compression
  /// Red, green and blue of each colour; empty without a palette.
  let palette: [[UInt8]]
  let pixelSize: PixelSize?
  /// The offset of the pixels.
  let start: Int

  private static let lengths = [12, 16, 40, 52, 56, 64, 108, 124]

  static let signatures = lengths.map { length in
    Signature("BM").and([UInt8(length), 0, 0, 0], at: 14)
  }

  var hasGreyPalette: Bool { palette.allSatisfy { $0[0] == $0[1] && $0[1] == $0[2] } }

  /// Bytes of a row, whole words of four.
  var rowBytes: Int { (size.width * bits + 31) / 32 * 4 }

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    let fields = FileFields(format: .bmp, bytes: bytes)
    let length = try fields.unsigned(at: 14, bytes: 4)
    let isCore = length == 12
    let width = try isCore ? fields.unsigned(at: 18, bytes: 2) : fields.signed(at: 18, bytes: 4)
    let height = try isCore ? fields.unsigned(at: 20, bytes: 2) : fields.signed(at: 22, bytes: 4)
    guard width > 0, height != 0, height != Int(Int32.min) else {
      throw .damaged(.bmp, reason: "a picture of \(width)×\(height)")
    }
    try limits.check(width: width, height: abs(height))
    size = Size(width: width, height: abs(height))
    isTopDown = height < 0
    bits = try fields.unsigned(at: isCore ? 24 : 28, bytes: 2)
    let hasMore = length >= 40
    let method = hasMore ? try fields.unsigned(at: 30, bytes: 4) : 0
    compression = try Self.compression(method, bits: bits, length: length, fields)
    pixelSize =
      hasMore
      ? PixelSize(
        dotsPerMetre: Double(try fields.signed(at: 38, bytes: 4)),
        Double(try fields.signed(at: 42, bytes: 4))) : nil
    start = try fields.unsigned(at: 10, bytes: 4)
    let masks = length == 40 ? (method == 3 ? 12 : method == 6 ? 16 : 0) : 0
    let used = hasMore ? try fields.unsigned(at: 46, bytes: 4) : 0
    palette = try Self.palette(
      fields, at: 14 + length + masks, entry: isCore ? 3 : 4, bits: bits, used: used, end: start)
  }

  private static func compression(
    _ method: Int, bits: Int, length: Int, _ fields: FileFields
  ) throws(CodecError) -> Compression {
    guard [1, 2, 4, 8, 16, 24, 32].contains(bits) else {
      throw .unsupported(.bmp, what: "\(bits) bits for each pixel")
    }
    switch (method, bits) {
    case (0, 16): return .masks([0x7C00, 0x03E0, 0x001F, 0])
    case (0, _), (3, ...8), (3, 24): return .none
    case (1, 8), (2, 4): return .runs
    case (3, _) where length != 64, (6, 16), (6, 32):
      var masks: [UInt32] = []
      let hasAlpha = method == 6 || length >= 56
      for place in 0..<(hasAlpha ? 4 : 3) {
        masks.append(UInt32(try fields.unsigned(at: 54 + 4 * place, bytes: 4)))
      }
      return .masks(hasAlpha ? masks : masks + [0])
    case (3, _): throw .unsupported(.bmp, what: "Huffman coding")
    case (4, _): throw .unsupported(.bmp, what: "a JPEG inside a BMP")
    case (5, _): throw .unsupported(.bmp, what: "a PNG inside a BMP")
    default: throw .unsupported(.bmp, what: "compression \(method) of \(bits) bits")
    }
  }

  private static func palette(
    _ fields: FileFields, at place: Int, entry: Int, bits: Int, used: Int, end: Int
  ) throws(CodecError) -> [[UInt8]] {
    guard bits <= 8 else { return [] }
    var count = used == 0 ? 1 << bits : min(used, 1 << bits)
    // Some writers leave colours out that no pixel has.
    if end >= place { count = min(count, (end - place) / entry) }
    guard count > 0 else { throw .damaged(.bmp, reason: "a palette without colours") }
    var colours: [[UInt8]] = []
    for index in 0..<count {
      let value = try fields.unsigned(at: place + index * entry, bytes: 3)
      colours.append([UInt8(value >> 16), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)])
    }
    return colours
  }
}
