import LinearAlgebra
import Support
import Testing

/// Each set of kernels that this CPU runs, against plain loops.
@Suite("Finishing rows") struct RowFinishingTests {
  private func numbers(_ rows: Int, _ columns: Int, upTo size: Float = 3) -> Matrix {
    var chance = SeededNumbers(seed: rows * 1000 + columns)
    return Matrix(rows: rows, columns: columns, chance.floats(rows * columns, upTo: size))
  }

  private func length(_ row: [Float]) -> Double {
    row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  @Test(arguments: RowKernels.all.indices, RowKernelsTests.lengths)
  func `norms are Euclidean, and rows divided by them have length one`(set: Int, dim: Int) {
    let kernels = RowKernels.all[set]
    // A block with a margin, which must stay.
    let before = numbers(5, dim + 2)
    let whole = MutableMatrix(rows: 5, columns: dim + 2, before.values)
    let block = whole[rows: 1..<5, columns: 1..<dim + 1]
    let rows = (1..<5).map { Array(before.row($0)[1..<dim + 1]) }
    for (norm, row) in zip(kernels.norms(of: block.view), rows) {
      #expect(abs(Double(norm) - length(row)) <= 1e-6 * length(row))
    }
    kernels.normalise(block)
    for (index, row) in rows.enumerated() {
      for (k, value) in row.enumerated() {
        let expected = Double(value) / length(row)
        #expect(abs(Double(whole[index + 1, k + 1]) - expected) <= 1e-6)
      }
    }
    for row in 0..<5 {
      #expect(whole[row, 0] == before[row, 0])
      #expect(whole[row, dim + 1] == before[row, dim + 1])
    }
  }

  @Test(arguments: RowKernels.all.indices, [Float(1e-25), 1e-12, 1e18, 1e30])
  func `lengths whose squares no float holds are right`(set: Int, size: Float) {
    let kernels = RowKernels.all[set]
    let before = numbers(3, 70, upTo: size)
    for (index, norm) in kernels.norms(of: before.all).enumerated() {
      #expect(abs(Double(norm) / length(before.row(index)) - 1) <= 1e-6)
    }
    let rows = MutableMatrix(rows: 3, columns: 70, before.values)
    kernels.normalise(rows.all)
    for norm in kernels.norms(of: rows.view) { #expect(abs(norm - 1) <= 1e-6) }
  }

  @Test(arguments: RowKernels.all.indices)
  func `zeros stay zeros, and what is no number stays none`(set: Int) {
    let kernels = RowKernels.all[set]
    let rows = MutableMatrix(rows: 3, columns: 2, [0, 0, 3, 4, .nan, 1])
    #expect(kernels.norms(of: rows.view).prefix(2) == [0, 5])
    kernels.normalise(rows.all)
    #expect(rows.values.prefix(4) == [0, 0, 0.6, 0.8])
    #expect(rows[2, 0].isNaN && rows[2, 1].isNaN)
  }

  @Test(arguments: RowKernels.all.indices)
  func `a softmax is positive, adds up to one and keeps ratios`(set: Int) {
    let rows = MutableMatrix(
      rows: 3, columns: 3, [0, 0.6931472, 1.0986123, 1000, 1000, 1000, -2000, 0, -2000])
    RowKernels.all[set].softmax(rows.all)
    let expected: [Float] = [1 / 6, 1 / 3, 1 / 2, 1 / 3, 1 / 3, 1 / 3, 0, 1, 0]
    for (a, b) in zip(rows.values, expected) { #expect(abs(a - b) <= 1e-6) }
  }

  @Test(arguments: RowKernels.all.indices)
  func `a label is the place of the first largest number`(set: Int) {
    let rows = Matrix(
      rows: 5, columns: 3, [1, 3, 2, 5, 5, 4, .nan, -7, -8, .nan, .nan, .nan, -3, -2, -1])
    #expect(RowKernels.all[set].labels(of: rows.all) == [1, 0, 1, 0, 2])
    let most = MutableMatrix(rows: 1, columns: 256)
    most[0, 255] = 1
    #expect(RowKernels.all[set].labels(of: most.view) == [255])
  }

  @Test(arguments: RowKernels.all.indices, [1, 16, 70])
  func `some rows of named blocks are combined as a plain loop does`(set: Int, dim: Int) {
    let blocks = (4..<8).map { numbers($0, dim) }
    let entries: [[(cell: Int, weight: Float)]] = [
      [(2, 0.5)], [], [(3, 0.25), (1, -1), (3, 2)], [(0, 1), (2, 1)],
    ]
    var mixture = SparseRows()
    for row in entries {
      for (cell, weight) in row { mixture.append(cell: cell, weight: weight) }
      mixture.endRow()
    }
    let named = RowBlocks(blocks.map(\.all), dim: dim)
    let centre = numbers(1, dim)
    for (row, mixed) in entries.enumerated() {
      for isCentred in [false, true] {
        let out = MutableMatrix(rows: 3, columns: dim)
        RowKernels.all[set].combine(
          named, by: mixture, row: row, rows: 1..<4, centre: isCentred ? centre : nil,
          into: out.all)
        for r in 0..<3 {
          for k in 0..<dim {
            let expected = mixed.reduce(0.0) {
              let value = blocks[$1.cell][r + 1, k] - (isCentred ? centre[0, k] : 0)
              return $0 + Double($1.weight) * Double(value)
            }
            #expect(abs(Double(out[r, k]) - expected) <= 1e-5)
          }
        }
      }
    }
  }

  @Test(arguments: RowKernels.all.indices)
  func `some rows of a mixture are expanded as among all`(set: Int) {
    let lines = numbers(6, 70)
    var mixture = SparseRows()
    for row in 0..<9 {
      mixture.append(cell: row / 3, weight: 0.25)
      mixture.append(cell: 5 - row / 4, weight: 0.75)
      mixture.endRow()
    }
    let whole = MutableMatrix(rows: 9, columns: 70)
    RowKernels.all[set].expand(lines.all, by: mixture, into: whole.all)
    for first in 0..<9 {
      for end in first..<10 {
        let part = MutableMatrix(rows: end - first, columns: 70)
        RowKernels.all[set].expand(lines.all, by: mixture, rows: first..<end, into: part.all)
        #expect(part.values == whole.view[rows: first..<end].values)
      }
    }
  }
}
