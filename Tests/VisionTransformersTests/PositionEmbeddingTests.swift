import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

@Suite("Position embedding") struct PositionEmbeddingTests {
  /// One row of the resampling matrix: rule, old and new length, index, and the weights from a
  /// first position on; the others are zero.
  struct Row: Sendable, CustomTestStringConvertible {
    let rule: ModelCard.PositionRule
    let side: Int
    let length: Int
    let index: Int
    let start: Int
    let weights: [Float]

    init(
      _ rule: ModelCard.PositionRule, _ side: Int, to length: Int, at index: Int,
      from start: Int, _ weights: [Float]
    ) {
      (self.rule, self.side, self.length) = (rule, side, length)
      (self.index, self.start, self.weights) = (index, start, weights)
    }

    var testDescription: String { "\(rule), \(side) to \(length), row \(index)" }
  }

  /// Values computed by PyTorch.
  static let rows = [
    Row(.offset, 37, to: 16, at: 0, from: 0, [0.333954, 0.776929, -0.110883]),
    Row(.offset, 37, to: 16, at: 1, from: 1, [-0.001980, 0.043593, 0.993912, -0.035526]),
    Row(.offset, 37, to: 16, at: 15, from: 34, [-0.070167, 0.969214, 0.100952]),
    Row(.size, 37, to: 16, at: 0, from: 0, [0.326126, 0.784904, -0.111031]),
    Row(.size, 37, to: 16, at: 1, from: 1, [-0.000710, 0.024864, 0.997841, -0.021996]),
    Row(
      .antialias, 37, to: 16, at: 0, from: 0,
      [0.387186, 0.441451, 0.209256, -0.003056, -0.031817, -0.003020]),
    Row(
      .antialias, 37, to: 16, at: 1, from: 0,
      [
        -0.031143, 0.048602, 0.287336, 0.427681, 0.272067, 0.037523, -0.031583, -0.010482,
      ]),
    Row(.offset, 14, to: 24, at: 0, from: 0, [1.098195, -0.098195]),
    Row(.offset, 14, to: 24, at: 1, from: 0, [0.643645, 0.421378, -0.065023]),
    Row(.size, 14, to: 24, at: 0, from: 0, [1.097928, -0.097928]),
    Row(.size, 14, to: 24, at: 1, from: 0, [0.639648, 0.426270, -0.065918]),
    Row(.antialias, 14, to: 24, at: 0, from: 0, [1.077741, -0.077741]),
    Row(.antialias, 14, to: 24, at: 1, from: 0, [0.677889, 0.363057, -0.040946]),
    Row(.corners, 14, to: 24, at: 0, from: 0, [1]),
    Row(.corners, 14, to: 24, at: 1, from: 0, [0.426769, 0.677406, -0.104175]),
    Row(.corners, 14, to: 1, at: 0, from: 0, [1]),
    Row(.bilinear, 2, to: 4, at: 0, from: 0, [1]),
    Row(.bilinear, 2, to: 4, at: 1, from: 0, [0.75, 0.25]),
    Row(.bilinear, 2, to: 4, at: 3, from: 1, [1]),
    Row(.bilinear, 5, to: 2, at: 1, from: 3, [0.75, 0.25]),
  ]

  private func embedding(
    _ rule: ModelCard.PositionRule, side: Int, dim: Int = 1,
    _ value: (Int, Int) -> Float = { _, _ in 0 }
  ) -> PositionEmbedding {
    let table = MutableMatrix(rows: 1 + side * side, columns: dim)
    for place in 0..<side * side {
      for column in 0..<dim { table[1 + place, column] = value(place, column) }
    }
    return PositionEmbedding(
      table: table.frozen(), of: Grid(rows: side, columns: side), rule: rule)
  }

  @Test(arguments: rows)
  func `PositionRule: weights equal the published ones`(row: Row) {
    let found = row.rule.taps(from: row.side, to: row.length).row(row.index)
    var expected = [Float](repeating: 0, count: row.side)
    for (offset, weight) in row.weights.enumerated() { expected[row.start + offset] = weight }
    let agreement = Agreement(found, expected)
    #expect(agreement.difference <= 2e-6, "\(agreement), \(found)")
  }

  @Test(arguments: [ModelCard.PositionRule.offset, .size, .antialias, .corners, .bilinear])
  func `PositionRule: the weights of a position sum to one, for any lengths`(
    rule: ModelCard.PositionRule
  ) throws {
    for side in [1, 2, 4, 5, 14, 37] {
      for length in 1...80 {
        let taps = rule.taps(from: side, to: length)
        for index in 0..<length {
          let sum = taps.row(index).reduce(0.0) { $0 + Double($1) }
          try #require(abs(sum - 1) <= 1e-6, "\(side) to \(length), row \(index)")
        }
      }
    }
  }

  /// The 4 × 4 table sin(0.9 · place + 0.3), resampled by PyTorch in float64.
  static let grids: [(ModelCard.PositionRule, Grid, [Float])] = [
    (
      .offset, Grid(rows: 3, columns: 5),
      [
        0.119178457875, 0.511116401907, 0.769576197165, 0.569372603727, 0.165293080589,
        0.082954159406, -0.171541497192, -0.405790296974, -0.397112522798, -0.231167511139,
        -0.462849249952, -0.257346206119, 0.095802524464, 0.388322543552, 0.492411315017,
      ]
    ),
    (
      .antialias, Grid(rows: 3, columns: 5),
      [
        -0.057376219223, 0.231188905789, 0.451401664292, 0.418410898946, 0.230971727173,
        0.169272422211, -0.007171366079, -0.196874205352, -0.276144925088, -0.244984322241,
        -0.438519227536, -0.210179885305, 0.125355144308, 0.390575049315, 0.486727047028,
      ]
    ),
    (
      .offset, Grid(rows: 6, columns: 2),
      [
        0.713654486257, 0.681841322126, -0.277302439546, 0.218740540916, -0.737317192294,
        -0.285231734362, 0.773044367106, -0.336905303291, 0.336681463062, 0.146790608471,
        -0.979110409741, 0.688617238563,
      ]
    ),
    (
      .antialias, Grid(rows: 6, columns: 2),
      [
        0.760669761727, 0.611682818660, -0.150680234231, 0.201017367984, -0.713132654973,
        -0.255602423520, 0.729820792111, -0.249638153035, 0.137361669217, 0.202207953741,
        -0.800864438083, 0.605228409228,
      ]
    ),
  ]

  @Test(arguments: grids)
  func `PositionEmbedding: a table is resampled as by PyTorch`(
    rule: ModelCard.PositionRule, grid: Grid, expected: [Float]
  ) {
    // Two columns, so that a mixture of columns would be noticed.
    let embedding = embedding(rule, side: 4, dim: 2) { place, column in
      Float(sin(0.9 * Double(place) + 0.3)) * (column == 0 ? 1 : -2)
    }
    let found = embedding.patches(
      grid, of: Size(width: grid.columns * 14, height: grid.rows * 14))
    for (column, factor) in [(0, Float(1)), (1, -2)] {
      let agreement = Agreement(
        (0..<grid.count).map { found[$0, column] }, expected.map { $0 * factor })
      #expect(agreement.difference <= 1e-6 * abs(Double(factor)), "\(agreement)")
    }
  }

  @Test(arguments: [ModelCard.PositionRule.offset, .size, .antialias, .corners, .bilinear])
  func `PositionEmbedding: a square image with the table's number of patches uses it unchanged`(
    rule: ModelCard.PositionRule
  ) {
    var chance = SeededNumbers(seed: 3)
    let table = chance.floats(16 * 3)
    let embedding = embedding(rule, side: 4, dim: 3) { table[$0 * 3 + $1] }
    let grid = Grid(rows: 4, columns: 4)
    #expect(embedding.patches(grid, of: Size(width: 56, height: 56)).values == table)
    // The same number of patches in another arrangement is resampled.
    let wide = embedding.patches(Grid(rows: 2, columns: 8), of: Size(width: 112, height: 28))
    #expect(wide.values != table)
    // So is a square grid of an image that is not square: rows after the last patch.
    let taller = embedding.patches(grid, of: Size(width: 56, height: 57))
    #expect((taller.values == table) == (rule != .offset))
  }
}
