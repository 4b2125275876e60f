/// The bits of a pixel that hold one colour.
struct BMPMask {
  let bits: Int
  private let shift: UInt32
  private let largest: UInt32

  /// The masks of red, green and blue; all of at most eight bits, or all of as many.
  static func all(_ masks: [UInt32]) throws(CodecError) -> [BMPMask] {
    var all: [BMPMask] = []
    for mask in masks.prefix(3) { all.append(try BMPMask(mask)) }
    let bits = all.map(\.bits)
    guard bits.allSatisfy({ $0 <= 8 }) || Set(bits).count == 1 else {
      throw .unsupported(
        .bmp, what: "colours of \(bits.map(String.init).joined(separator: ", ")) bits")
    }
    return all
  }

  private init(_ mask: UInt32) throws(CodecError) {
    shift = UInt32(mask.trailingZeroBitCount)
    bits = mask.nonzeroBitCount
    largest = bits > 0 ? mask >> shift : 0
    guard bits > 0, bits <= 16, Int(largest).nonzeroBitCount == bits,
      largest & (largest + 1) == 0
    else { throw .unsupported(.bmp, what: "colours by the mask \(String(mask, radix: 16))") }
  }

  /// The sample of a pixel; fewer than eight bits are widened to eight.
  func sample(of pixel: UInt32) -> UInt16 {
    let value = pixel >> shift & largest
    return UInt16(bits < 8 ? (value * 255 + largest / 2) / largest : value)
  }
}
