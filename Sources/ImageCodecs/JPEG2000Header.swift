import Imaging

/// The boxes of a JP2 file that say what its components mean.
///
/// Source: ITU-T T.800 annex I.
struct JPEG2000Header {
  enum ColourSpace {
    case grey
    case colours
    case luminance
    case other(String)
  }

  /// The range of the code stream in the file.
  private(set) var stream = 0..<0
  /// `nil` in a bare code stream, and for profiles of other kinds.
  private(set) var space: ColourSpace?
  /// Bits of the columns that a palette gives each index, in the order of the components that they
  /// become.
  private(set) var palette: [Int] = []
  /// The components that are alpha.
  private(set) var alpha: Set<Int> = []
  private(set) var pixelSize: PixelSize?

  static let signatures = [
    Signature([0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A]),
    Signature([0xFF, 0x4F, 0xFF, 0x51]),
  ]

  init(_ bytes: [UInt8]) throws(CodecError) {
    if bytes[0] == 0xFF {
      stream = bytes.indices
      return
    }
    let fields = FileFields(format: .jpeg2000, bytes: bytes, isBigEndian: true)
    try read(fields, in: 0..<bytes.count)
    guard !stream.isEmpty else {
      throw .truncated(.jpeg2000, reason: "the file has no code stream")
    }
  }

  /// Reads boxes up to the code stream; those that hold others are entered.
  private mutating func read(_ fields: FileFields, in range: Range<Int>) throws(CodecError) {
    var place = range.lowerBound
    while place < range.upperBound, stream.isEmpty {
      var length = try fields.unsigned(at: place, bytes: 4)
      let kind = try fields.unsigned(at: place + 4, bytes: 4)
      var start = place + 8
      if length == 1 {
        length = try fields.unsigned(at: start, bytes: 8)
        start += 8
      }
      let rest = range.upperBound - place
      if length == 0 || (kind == 0x6A70_3263 && length > rest) { length = rest }
      guard length >= start - place, length <= rest else {
        throw .truncated(.jpeg2000, reason: "a box ends behind its file")
      }
      try read(fields, kind, start..<(place + length))
      place += length
    }
  }

  private mutating func read(
    _ fields: FileFields, _ kind: Int, _ content: Range<Int>
  ) throws(CodecError) {
    switch kind {
    case 0x6A70_3268, 0x7265_7320: try read(fields, in: content)  // jp2h, res
    case 0x6A70_3263: stream = content  // jp2c
    case 0x636F_6C72 where space == nil: space = try Self.colourSpace(fields, content)  // colr
    case 0x7063_6C72: try readPalette(fields, content.lowerBound)  // pclr
    case 0x636D_6170: try readMapping(fields, content)  // cmap
    case 0x6364_6566: try readDefinitions(fields, content.lowerBound)  // cdef
    case 0x7265_7363: try readResolution(fields, content.lowerBound)  // resc
    default: break
    }
  }

  private static func colourSpace(
    _ fields: FileFields, _ content: Range<Int>
  ) throws(CodecError) -> ColourSpace? {
    let start = content.lowerBound
    guard try fields.unsigned(at: start, bytes: 1) == 1 else {
      guard content.count >= 3 + 20 else { return nil }
      switch try fields.unsigned(at: start + 3 + 16, bytes: 4) {
      case 0x4752_4159: return .grey
      case 0x5247_4220: return .colours
      case 0x434D_594B: return .other("inks (CMYK)")
      default: return nil
      }
    }
    switch try fields.unsigned(at: start + 3, bytes: 4) {
    case 16: return .colours
    case 17: return .grey
    case 18: return .luminance
    case 12: return .other("inks (CMYK)")
    case 14: return .other("colours of CIELab")
    case let number: return .other("colour space \(number)")
    }
  }

  private mutating func readPalette(_ fields: FileFields, _ start: Int) throws(CodecError) {
    let columns = try fields.unsigned(at: start + 2, bytes: 1)
    for column in 0..<columns {
      palette.append(try fields.unsigned(at: start + 3 + column, bytes: 1) & 0x7F + 1)
    }
  }

  /// Orders the palette's columns; files that mix them with plain components are not read.
  private mutating func readMapping(
    _ fields: FileFields, _ content: Range<Int>
  ) throws(CodecError) {
    var ordered: [Int] = []
    for place in stride(from: content.lowerBound, to: content.upperBound - 3, by: 4) {
      let column = try fields.unsigned(at: place + 3, bytes: 1)
      guard try fields.unsigned(at: place + 2, bytes: 1) == 1, palette.indices.contains(column)
      else { throw .unsupported(.jpeg2000, what: "a palette of some components alone") }
      ordered.append(palette[column])
    }
    palette = ordered
  }

  private mutating func readDefinitions(_ fields: FileFields, _ start: Int) throws(CodecError) {
    for index in 0..<(try fields.unsigned(at: start, bytes: 2)) {
      let place = start + 2 + 6 * index
      let component = try fields.unsigned(at: place, bytes: 2)
      switch try fields.unsigned(at: place + 2, bytes: 2) {
      case 1: alpha.insert(component)
      case 2: throw .unsupported(.jpeg2000, what: "colours multiplied by their alpha")
      default: break
      }
    }
  }

  /// Pixels for each metre: a fraction and a power of ten, of rows and then of columns.
  private mutating func readResolution(_ fields: FileFields, _ start: Int) throws(CodecError) {
    func density(_ place: Int, _ exponent: Int) throws(CodecError) -> Double {
      let above = try fields.unsigned(at: place, bytes: 2)
      let below = max(try fields.unsigned(at: place + 2, bytes: 2), 1)
      var value = Double(above) / Double(below)
      let power = try fields.signed(at: exponent, bytes: 1)
      for _ in 0..<abs(power) { value = power < 0 ? value / 10 : value * 10 }
      return value
    }
    let rows = try density(start, start + 8)
    pixelSize = PixelSize(dotsPerMetre: try density(start + 4, start + 9), rows)
  }
}
