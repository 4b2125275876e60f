import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Feature field") struct FeatureFieldTests {
  @Test(arguments: 0..<80)
  func `FeatureField: rows equal a look-up pixel by pixel and view by view`(seed: Int) throws {
    let scenario = try Scenario(seed: seed)
    let field = scenario.field
    let pixels = field.materialised()
    for y in 0..<field.shown.height {
      for x in 0..<field.shown.width {
        let found = pixels.row(y * field.shown.width + x)
        for (a, b) in zip(found, scenario.pixel(x: x, y: y)) {
          try #require(abs(Double(a) - b) <= 3e-6, "(\(x), \(y))")
        }
      }
    }
  }

  @Test(arguments: 0..<20)
  func `FeatureField: rows are the same bits for any division and any number of threads`(seed: Int)
    throws
  {
    let field = try Scenario(seed: seed).field
    let whole = field.materialised().values
    for length in [1, 2, 7] {
      var parts: [Float] = []
      for first in stride(from: 0, to: field.shown.height, by: length) {
        let range = first..<min(first + length, field.shown.height)
        let part = MutableMatrix(rows: range.count * field.shown.width, columns: field.dim)
        field.rows(range, into: part.all)
        parts += part.values
      }
      #expect(areSame(parts, whole))
    }
    for count in 1...3 {
      let workers = ThreadPool(count: count)
      defer { workers.close() }
      #expect(areSame(field.materialised(workers: workers).values, whole))
    }
  }

  @Test
  func `FeatureField: rows of many blocks are the same bits with any number of threads`() throws {
    let field = Fixture.field(width: 200, height: 200, patch: 14, stride: 4, dim: 140)
    let whole = field.materialised().values
    for count in 1...3 {
      let workers = ThreadPool(count: count)
      defer { workers.close() }
      #expect(areSame(field.materialised(workers: workers).values, whole))
    }
  }

  @Test(arguments: 0..<20)
  func `FeatureField: a single pixel has the bits that it has in its row`(seed: Int) throws {
    let field = try Scenario(seed: seed).field
    let pixels = field.materialised()
    for y in 0..<field.shown.height {
      for x in 0..<field.shown.width {
        try #require(field.pixel(x: x, y: y) == pixels.row(y * field.shown.width + x))
      }
    }
  }

  @Test(arguments: 0..<20)
  func `FeatureField: it shares the vectors of its maps, unless they are narrow`(
    seed: Int
  ) throws {
    for (dim, shares) in [(3, false), (64, true)] {
      let scenario = try Scenario(seed: seed, dims: [dim])
      let maps = scenario.views.map { ($0.view, $0.weight, $0.map.undoing($0.view)) }
      let field = FeatureField(
        canvas: scenario.canvas, patch: scenario.patch, stride: scenario.stride,
        upsampling: scenario.upsampling, alignment: scenario.alignment, views: maps)
      #expect(zip(field.terms, maps).allSatisfy { $0.map.vectors.widened === $1.2.vectors })
      #expect(field.sharesMaps == shares)
    }
  }

  @Test(arguments: 0..<30)
  func `FeatureField: projecting then reading is reading then projecting`(seed: Int) throws {
    let field = try Scenario(seed: seed).field
    var chance = Chance(state: UInt64(seed))
    let w = chance.matrix(5, field.dim)
    let bias = chance.matrix(1, 5).values
    let pixels = field.materialised()
    let expected = MutableMatrix(rows: pixels.rows, columns: 5)
    multiply(pixels.all, transposed: w.all, into: expected.all)
    let found = field.projected(onto: w, bias: bias).materialised()
    let largest = expected.values.map(abs).max() ?? 0
    for row in 0..<pixels.rows {
      for k in 0..<5 {
        try #require(abs(found[row, k] - (expected[row, k] + bias[k])) <= 1e-5 * largest)
      }
    }
  }
}

/// A shift combined with a flip, in contrast to HR-Dv2's order of inverses.
@Suite("Order of inverses") struct InverseOrderTests {
  /// A field of one row of pixels whose features are their own positions, 10 wide.
  private func field(_ view: View) throws -> FeatureField {
    let size = Size(width: 10, height: 1)
    let canvas = try #require(Canvas(size, fit: .crop, patch: 1))
    let map = FeatureMap(
      grid: Grid(rows: 1, columns: 10),
      vectors: Matrix(rows: 10, columns: 1, view.sourceColumns(10).map(Float.init)))
    return FeatureField(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .image,
      views: [(view, 1, map.undoing(view))])
  }

  @Test(arguments: [1, 2, -2])
  func `View: the flip is undone first, then the shift`(shift: Int) throws {
    let view = View(right: shift, flipsColumns: true)
    let pixels = try field(view).materialised().values
    #expect(pixels == (0..<10).map(Float.init))
    // With the inverses in the other order, as in HR-Dv2, pixels are off by twice the shift.
    let seen = view.sourceColumns(10)
    let unrolled = (0..<10).map { seen[View.modulo($0 + shift, 10)] }
    let wrong = Array(unrolled.reversed())
    #expect(wrong == (0..<10).map { View.modulo($0 - 2 * shift, 10) })
  }
}

/// A view of an image of the pixels' own coordinates, one patch per pixel.
@Suite("Inverse of a view") struct InverseTests {
  static let views: [View] = [-9, -1, 0, 2, 30].flatMap { down in
    [-4, 0, 7].flatMap { right in
      (0..<8).map { bits in
        View(
          down: down, right: right, flipsRows: bits & 1 != 0, flipsColumns: bits & 2 != 0,
          isTransposed: bits & 4 != 0)
      }
    }
  }

  @Test(arguments: views)
  func `View: each pixel returns to its position`(view: View) throws {
    for size in [Size(width: 6, height: 6), Size(width: 7, height: 4)] {
      let canvas = try #require(Canvas(size, fit: .crop, patch: 1))
      for alignment in Alignment.allCases {
        for upsampling in Upsampling.allCases {
          let field = FeatureField(
            canvas: canvas, patch: 1, stride: 1, upsampling: upsampling, alignment: alignment,
            views: [(view, 1, coordinates(size, under: view).undoing(view))])
          for y in 0..<size.height {
            for x in 0..<size.width {
              try #require(field.pixel(x: x, y: y) == [Float(x), Float(y)])
            }
          }
        }
      }
    }
  }

  /// The output for the view of an encoder that repeats its input, written without the inverse.
  private func coordinates(_ size: Size, under view: View) -> FeatureMap {
    let rows = view.sourceRows(size.height).map(Float.init)
    let columns = view.sourceColumns(size.width).map(Float.init)
    let grid =
      view.isTransposed
      ? Grid(rows: size.width, columns: size.height)
      : Grid(rows: size.height, columns: size.width)
    let values = (0..<grid.count).flatMap { cell -> [Float] in
      let (i, j) = (cell / grid.columns, cell % grid.columns)
      return view.isTransposed ? [columns[i], rows[j]] : [columns[j], rows[i]]
    }
    return FeatureMap(grid: grid, vectors: Matrix(rows: grid.count, columns: 2, values))
  }
}
