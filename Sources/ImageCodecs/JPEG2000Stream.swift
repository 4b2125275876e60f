import Imaging

/// What a JPEG 2000 code stream's markers say, and whether all of its tiles are there.
///
/// OpenJPEG allocates memory for tiles, precincts and code blocks that a few bytes can promise by
/// the million, so they are counted here before it reads them.
/// Source: ITU-T T.800 annex A.
struct JPEG2000Stream {
  struct Component {
    let bits: Int
    let isSigned: Bool
    /// Pixels for each sample, along both axes.
    let steps: (x: Int, y: Int)
  }

  let size: Size
  let components: [Component]
  let hasEnd: Bool
  private let tiles: (columns: Int, rows: Int)
  private let fields: FileFields

  /// Reads the stream within a range of the file; sides of any length pass.
  init(_ bytes: [UInt8], in range: Range<Int>, limits: DecodingLimits) throws(CodecError) {
    fields = FileFields(
      format: .jpeg2000, bytes: Array(bytes[range]), isBigEndian: true)
    guard try fields.unsigned(at: 0, bytes: 4) == 0xFF4F_FF51 else {
      throw .damaged(.jpeg2000, reason: "its code stream does not begin with a size")
    }
    var numbers: [Int] = []
    for place in 0..<8 { numbers.append(try fields.unsigned(at: 8 + 4 * place, bytes: 4)) }
    let (right, bottom, left, top) = (numbers[0], numbers[1], numbers[2], numbers[3])
    let (tileWidth, tileHeight) = (numbers[4], numbers[5])
    guard left < right, top < bottom, tileWidth > 0, tileHeight > 0, numbers[6] <= left,
      numbers[7] <= top, numbers[6] + tileWidth > left, numbers[7] + tileHeight > top
    else { throw .damaged(.jpeg2000, reason: "its picture or its tiles have no area") }
    size = Size(width: right - left, height: bottom - top)
    try limits.check(width: size.width, height: size.height)
    let count = try fields.unsigned(at: 40, bytes: 2)
    guard (1...DecodingLimits.components).contains(count) else {
      throw .unsupported(.jpeg2000, what: "\(count) components")
    }
    components = try Self.components(fields, count)
    tiles = (
      (right - numbers[6] + tileWidth - 1) / tileWidth,
      (bottom - numbers[7] + tileHeight - 1) / tileHeight
    )
    let most = fields.bytes.count / Self.leastTilePart
    guard tiles.columns * tiles.rows <= min(most, DecodingLimits.tiles / count) else {
      throw .damaged(.jpeg2000, reason: "\(tiles.columns * tiles.rows) tiles are too many for it")
    }
    hasEnd = try Self.walk(fields, size, components, tiles)
  }

  /// Bytes of the shortest tile-part: its marker, and that of its data.
  private static let leastTilePart = 14

  private static func components(
    _ fields: FileFields, _ count: Int
  ) throws(CodecError) -> [Component] {
    var components: [Component] = []
    for index in 0..<count {
      let place = 42 + 3 * index
      let depth = try fields.unsigned(at: place, bytes: 1)
      let steps = (
        try fields.unsigned(at: place + 1, bytes: 1), try fields.unsigned(at: place + 2, bytes: 1)
      )
      guard steps.0 > 0, steps.1 > 0 else {
        throw .damaged(.jpeg2000, reason: "component \(index) has no samples")
      }
      components.append(
        Component(bits: depth & 0x7F + 1, isSigned: depth & 0x80 != 0, steps: steps))
    }
    return components
  }

  /// Follows the markers of the main header and of every tile-part; whether the end marker is there.
  private static func walk(
    _ fields: FileFields, _ size: Size, _ components: [Component],
    _ tiles: (columns: Int, rows: Int)
  ) throws(CodecError) -> Bool {
    var cost = JPEG2000Cost(size: size, tiles: tiles, components: components.count)
    let end = fields.bytes.count
    var place = try header(fields, from: 2, until: 0xFF90, &cost)
    /// Tile-parts that each tile has had, and how many it says it has.
    var parts: [Int: (seen: Int, promised: Int)] = [:]
    while place < end, try fields.unsigned(at: place, bytes: 2) != 0xFFD9 {
      guard try fields.unsigned(at: place, bytes: 4) == 0xFF90_000A else {
        throw .damaged(.jpeg2000, reason: "no tile where one should begin")
      }
      let tile = try fields.unsigned(at: place + 4, bytes: 2)
      var length = try fields.unsigned(at: place + 6, bytes: 4)
      let promised = try fields.unsigned(at: place + 11, bytes: 1)
      let data = try header(fields, from: place + 12, until: 0xFF93, &cost)
      if length == 0 {
        guard try fields.unsigned(at: end - 2, bytes: 2) == 0xFFD9 else {
          throw .truncated(.jpeg2000, reason: "the file ends in its last tile")
        }
        length = end - 2 - place
      }
      guard length <= end - place else {
        throw .truncated(.jpeg2000, reason: "the file ends in tile \(tile)")
      }
      guard place + length >= data + 2, tile < tiles.columns * tiles.rows else {
        throw .damaged(.jpeg2000, reason: "tile \(tile) is wrong")
      }
      let part = parts[tile] ?? (0, 0)
      parts[tile] = (part.seen + 1, max(part.promised, promised))
      place += length
    }
    guard parts.count == tiles.columns * tiles.rows,
      parts.values.allSatisfy({ $0.seen >= $0.promised })
    else { throw .truncated(.jpeg2000, reason: "tiles are missing") }
    return place < end
  }

  /// Follows segments up to a marker, whose offset it returns.
  private static func header(
    _ fields: FileFields, from start: Int, until last: Int, _ cost: inout JPEG2000Cost
  ) throws(CodecError) -> Int {
    var place = start
    while true {
      let marker = try fields.unsigned(at: place, bytes: 2)
      if marker == last { return place }
      guard marker >= 0xFF30 else {
        throw .damaged(.jpeg2000, reason: "no marker where one should be")
      }
      if marker <= 0xFF3F {
        place += 2
        continue
      }
      let length = try fields.unsigned(at: place + 2, bytes: 2)
      guard length >= 2 else { throw .damaged(.jpeg2000, reason: "a segment without a length") }
      if marker == 0xFF52 { try cost.add(styleOf: fields, at: place + 4, codesAll: true) }
      if marker == 0xFF53 { try cost.add(styleOf: fields, at: place + 4, codesAll: false) }
      place += 2 + length
    }
  }
}
