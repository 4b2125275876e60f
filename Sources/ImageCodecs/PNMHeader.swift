import Imaging

/// The header of a PBM, PGM, PPM or PAM file.
///
/// Source: netpbm's pages pbm(5), pgm(5), ppm(5) and pam(5).
struct PNMHeader {
  /// The samples' place: digits, packed bits, or bytes.
  enum Encoding {
    case text
    case bits
    case bytes
  }

  let size: Size
  /// Samples of a pixel, alpha among them.
  let samples: Int
  let kind: ImageHeader.Kind
  /// Samples of a pixel without alpha.
  let channels: Int
  /// The value of full intensity, 1…65535.
  let largest: Int
  let encoding: Encoding
  /// Whether 1 is black, as in PBM.
  let isInverted: Bool
  let start: Int

  static let signatures = (1...7).flatMap { digit in
    [" ", "\n", "\r", "\t", "#"].map { Signature("P\(digit)\($0)") }
  }

  /// The bits of a sample; of those that the largest value needs.
  var stored: ImageHeader.Stored {
    ImageHeader.Stored(.unsigned, bits: Int.bitWidth - largest.leadingZeroBitCount)
  }

  /// The bytes that the samples take; as text each takes a digit at least.
  var leastBytes: Int {
    switch encoding {
    case .text: size.width * size.height * samples
    case .bits: (size.width + 7) / 8 * size.height
    case .bytes: size.width * size.height * samples * (largest > 255 ? 2 : 1)
    }
  }

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    let digit = bytes[1] - 0x30
    var fields = TextFields(format: .pnm, bytes: bytes, position: 2)
    let (width, height, depth, maximum): (Int, Int, Int, Int)
    var tuple: String?
    if digit == 7 {
      (width, height, depth, maximum, tuple) = try Self.lines(&fields)
      start = fields.position
    } else {
      width = try fields.integer()
      height = try fields.integer()
      depth = digit % 3 == 0 ? 3 : 1
      maximum = digit % 3 == 1 ? 1 : try fields.integer()
      start = try fields.end()
    }
    try limits.check(width: width, height: height)
    guard width > 0, height > 0, (1...65535).contains(maximum) else {
      throw .damaged(.pnm, reason: "a picture of \(width)×\(height) with samples to \(maximum)")
    }
    (kind, channels) = try Self.meaning(of: depth, tuple)
    size = Size(width: width, height: height)
    samples = depth
    largest = maximum
    encoding = digit < 4 ? .text : digit == 4 ? .bits : .bytes
    isInverted = digit == 1 || digit == 4
  }

  /// The lines of a PAM header.
  private static func lines(_ fields: inout TextFields) throws(CodecError)
    -> (Int, Int, Int, Int, String?)
  {
    var numbers: [String: Int] = [:]
    var tuple: String?
    while true {
      switch try fields.word() {
      case "ENDHDR":
        _ = try fields.end()
        let names = ["WIDTH", "HEIGHT", "DEPTH", "MAXVAL"]
        let values = names.compactMap { numbers[$0] }
        guard values.count == names.count else {
          throw .damaged(.pnm, reason: "its header lacks one of \(names.joined(separator: ", "))")
        }
        return (values[0], values[1], values[2], values[3], tuple)
      case "TUPLTYPE": tuple = fields.line()
      case let name where ["WIDTH", "HEIGHT", "DEPTH", "MAXVAL"].contains(name):
        numbers[name] = try fields.integer()
      default: throw .damaged(.pnm, reason: "a line of its header is of no known kind")
      }
    }
  }

  /// What so many samples of a pixel mean.
  private static func meaning(of depth: Int, _ tuple: String?) throws(CodecError)
    -> (ImageHeader.Kind, Int)
  {
    switch (depth, tuple) {
    case (1, _): return (.grey, 1)
    case (2, "GRAYSCALE_ALPHA"), (2, "BLACKANDWHITE_ALPHA"): return (.grey, 1)
    case (3, nil), (3, ""), (3, "RGB"): return (.colour, 3)
    case (4, "RGB_ALPHA"): return (.colour, 3)
    case (2...Raster.maximumChannels, _): return (.channels, depth)
    default: throw .unsupported(.pnm, what: "\(depth) samples for each pixel")
    }
  }
}
