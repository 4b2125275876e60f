import Imaging

/// What the coding styles of a JPEG 2000 code stream make OpenJPEG allocate beside the samples.
struct JPEG2000Cost {
  let size: Size
  let tiles: (columns: Int, rows: Int)
  let components: Int
  private var layers = 1

  init(size: Size, tiles: (columns: Int, rows: Int), components: Int) {
    self.size = size
    self.tiles = tiles
    self.components = components
  }

  /// Checks a coding style: of all components, which has layers (COD), or of one (COC).
  ///
  /// Source: ITU-T T.800 §A.6.1, §A.6.2, tables A.15 to A.21.
  mutating func add(
    styleOf fields: FileFields, at place: Int, codesAll: Bool
  ) throws(CodecError) {
    let start = codesAll ? place + 5 : place + (components < 257 ? 2 : 3)
    let style = try fields.unsigned(at: codesAll ? place : start - 1, bytes: 1)
    if codesAll { layers = max(layers, try fields.unsigned(at: place + 2, bytes: 2)) }
    let levels = try fields.unsigned(at: start, bytes: 1)
    let block = (
      try fields.unsigned(at: start + 1, bytes: 1) & 15 + 2,
      try fields.unsigned(at: start + 2, bytes: 1) & 15 + 2
    )
    guard levels <= 32 else {
      throw .damaged(.jpeg2000, reason: "\(levels) levels of resolution")
    }
    var (precincts, blocks) = (0, 0)
    for level in 0...levels {
      let exponents = style & 1 == 1 ? try fields.unsigned(at: start + 5 + level, bytes: 1) : 0xFF
      let (across, down) = (exponents & 15, exponents >> 4)
      precincts += cells(level: levels - level, across, down)
      blocks += cells(
        level: levels - level, min(block.0, max(across - 1, 0)), min(block.1, max(down - 1, 0)))
    }
    let most = DecodingLimits.codeBlocks + fields.bytes.count
    guard max(precincts, blocks) * components <= most,
      precincts * components * layers <= 16 * most
    else {
      throw .damaged(
        .jpeg2000, reason: "\(max(precincts, blocks)) code blocks are too many for its size")
    }
  }

  /// Cells of 2 to the given powers that a resolution may touch, cut by tiles too.
  private func cells(level: Int, _ across: Int, _ down: Int) -> Int {
    (size.width >> min(level + across, 62) + 1 + tiles.columns)
      * (size.height >> min(level + down, 62) + 1 + tiles.rows)
  }
}
