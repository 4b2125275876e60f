import Tensors
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Rendering
import Testing

@Suite("Float formats") struct FloatFormatTests {
  @Test func `FloatFormat: values are little-endian, in row-major order, without margins`() {
    let matrix = Matrix(rows: 2, columns: 3, [9, 1, -2, 9, 0.5, 65520])
    let block = matrix[rows: 0..<2, columns: 1..<3]
    var (floats, halves): ([UInt8], [UInt8]) = ([7], [7])
    FloatFormat.float32.append(block, to: &floats)
    FloatFormat.float16.append(block, to: &halves)
    #expect(
      floats == [7, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0xf0, 0x7f, 0x47])
    #expect(halves == [7, 0, 0x3c, 0, 0xc0, 0, 0x38, 0, 0x7c])
    for format in FloatFormat.allCases {
      var bytes: [UInt8] = []
      format.append(block, to: &bytes)
      #expect(bytes.count == 4 * format.element.size)
    }
  }

  @Test(arguments: FloatFormat.allCases, [3, 384])
  func `FloatFormat: a field's bytes are those of its pixels, however it is divided`(
    format: FloatFormat, dim: Int
  )
    throws
  {
    let size = Size(width: 200, height: 9)
    let canvas = try #require(Canvas(size, fit: .crop, patch: 1))
    let grid = Grid(rows: 3, columns: 40)
    let values = (0..<grid.count * dim).map { Float($0 * 7919 % 10_007) / 77 }
    let map = FeatureMap(
      grid: grid, vectors: Matrix(rows: grid.count, columns: dim, values))
    func axis(_ length: Int, _ cells: Int) -> AxisWeights {
      AxisWeights(
        length: length, cells: cells, patch: 5, stride: 5, upsampling: .bilinear,
        alignment: .image)
    }
    let field = FeatureField(
      shown: canvas.shown,
      terms: [
        Term(
          view: .identity, weight: 1, vertical: axis(9, 3), horizontal: axis(200, 40),
          map: StoredMap(map))
      ])
    for (rows, columns) in [(0..<9, 0..<200), (2..<8, 0..<200), (1..<4, 7..<199), (5..<6, 3..<4)] {
      let pixels = MutableMatrix(rows: rows.count * columns.count, columns: dim)
      field.region(rows: rows, columns: columns, into: pixels.all)
      var expected: [UInt8] = [7]
      format.append(pixels.view, to: &expected)
      var found: [UInt8] = [7]
      format.append(field, rows: rows, columns: columns, to: &found)
      #expect(found.count == 1 + pixels.count * format.element.size)
      let isSame = found == expected
      #expect(isSame)
    }
  }
}
