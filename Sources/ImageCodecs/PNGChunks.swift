import Imaging

/// What a PNG's chunks say beside its pixels, and where these end.
struct PNGChunks {
  private(set) var orientation = Orientation.upright
  private(set) var pixelSize: PixelSize?
  private(set) var hasTransparency = false
  /// The offset behind the last chunk of pixels; `nil` when it is not all there.
  private(set) var pixelsEnd: Int?
  /// What is wrong behind the pixels.
  private(set) var notices: [String] = []

  /// Source: PNG 3rd edition §5.3, §11.3.2.1 (tRNS), §11.3.4.3 (pHYs), §11.3.4.4 (eXIf).
  init(_ bytes: [UInt8]) {
    let fields = FileFields(format: .png, bytes: bytes, isBigEndian: true)
    var place = 8
    while let length = try? fields.unsigned(at: place, bytes: 4),
      length <= bytes.count - place - 12
    {
      let content = bytes[(place + 8)..<(place + 8 + length)]
      let end = place + 12 + length
      switch (try? fields.unsigned(at: place + 4, bytes: 4)) ?? 0 {
      case 0x4944_4154:  // IDAT
        if pixelsEnd == nil || pixelsEnd == place { pixelsEnd = end }
      case 0x4945_4E44:  // IEND
        if length == 0, bytes[(end - 4)..<end].elementsEqual([0xAE, 0x42, 0x60, 0x82]) {
          if end < bytes.count { notices.append(Notice.junkAfterEnd) }
          return
        }
      case 0x7452_4E53: hasTransparency = true  // tRNS
      case 0x6558_4966: orientation = ExifOrientation.read(content)  // eXIf
      case 0x7048_5973 where length == 9 && content.last == 1:  // pHYs, by the metre
        pixelSize = try? Self.density(fields, at: place + 8)
      default: break
      }
      place = end
    }
    notices.append(place < bytes.count ? Notice.junkBeforeEnd : Notice.noEnd)
  }

  private static func density(_ fields: FileFields, at place: Int) throws(CodecError) -> PixelSize?
  {
    PixelSize(
      dotsPerMetre: Double(try fields.unsigned(at: place, bytes: 4)),
      Double(try fields.unsigned(at: place + 4, bytes: 4)))
  }
}
