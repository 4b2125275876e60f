import LinearAlgebra
import Support
import Testing

@Suite("Matrix") struct MatrixTests {
  /// The last is large enough to be mapped.
  @Test(arguments: [(0, 0), (0, 5), (5, 0), (3, 4), (1030, 300)])
  func `a new matrix is zero, and keeps what is written`(rows: Int, columns: Int) throws {
    let matrix = MutableMatrix(rows: rows, columns: columns)
    #expect(matrix.count == rows * columns)
    #expect(matrix.values.allSatisfy { $0 == 0 } && matrix.values.count == matrix.count)
    let values = (0..<rows * columns).map { Float($0) }
    let copy = MutableMatrix(rows: rows, columns: columns, values)
    #expect(copy.values == values)
    for row in 0..<rows {
      try #require(
        copy.view[rows: row..<row + 1].values == Array(values[row * columns..<(row + 1) * columns]))
    }
    guard rows > 0, columns > 0 else { return }
    copy[rows - 1, columns - 1] = -1
    #expect(copy[rows - 1, columns - 1] == -1 && copy[0, 0] == 0)
  }

  private let matrix = Matrix(rows: 5, columns: 4, (0..<20).map { Float($0) })

  /// The last is large enough to be mapped.
  @Test(arguments: [(0, 0), (3, 4), (1030, 300)])
  func `a matrix handed on keeps its values without being copied`(rows: Int, columns: Int) {
    let values = (0..<rows * columns).map { Float($0) }
    let made = MutableMatrix(rows: rows, columns: columns, values)
    let before = made.view
    let matrix = made.frozen()
    #expect(matrix.rows == rows && matrix.columns == columns && matrix.values == values)
    #expect(before.values == values && made.values == values)
    for row in 0..<rows {
      #expect(matrix.row(row) == Array(values[row * columns..<(row + 1) * columns]))
    }
  }

  @Test func `what writes into a matrix that was handed on stops the program`() async {
    await #expect(processExitsWith: .failure) {
      let made = MutableMatrix(rows: 2, columns: 2)
      _ = made.frozen()
      made[0, 0] = 1
    }
    await #expect(processExitsWith: .failure) {
      let made = MutableMatrix(rows: 2, columns: 2)
      let block = made[rows: 0..<1]
      _ = made.frozen()
      block.fill(1)
    }
  }

  private func values(_ view: MatrixView) -> [Float] {
    let copy = MutableMatrix(rows: view.rows, columns: view.columns)
    copy.all.copy(view)
    return copy.values
  }

  @Test func `every block is where its rows and columns say`() throws {
    for top in 0...5 {
      for bottom in top...5 {
        for left in 0...4 {
          for right in left...4 {
            let block = matrix[rows: top..<bottom, columns: left..<right]
            let expected = (top..<bottom).flatMap { row in
              (left..<right).map { Float(row * 4 + $0) }
            }
            try #require(values(block) == expected)
            let rows = 0..<(bottom - top) / 2
            try #require(
              values(block[rows: rows]) == Array(expected.prefix(rows.count * (right - left))))
          }
        }
      }
    }
  }

  @Test func `every so-manieth row is taken from the first on`() throws {
    for step in 1...6 {
      for first in 0..<5 {
        let expected = stride(from: first, to: 5, by: step).flatMap { matrix.row($0) }
        try #require(values(matrix.everyRow(step, from: first)) == expected)
      }
    }
  }

  @Test func `a block's own rows and columns are blocks of the matrix`() throws {
    let block = matrix[rows: 1..<5, columns: 1..<4]
    for step in 1...4 {
      for first in 0..<4 {
        for left in 0...3 {
          let part = block.everyRow(step, from: first)[columns: left..<3]
          let expected = stride(from: first, to: 4, by: step).flatMap { row in
            (left..<3).map { matrix[1 + row, 1 + $0] }
          }
          try #require(values(part) == expected)
        }
      }
    }
  }

  @Test func `raising takes the larger of two values, and keeps to the block`() {
    let other = Matrix(rows: 2, columns: 2, [-1, 100, 7, 200])
    let raised = MutableMatrix(rows: 5, columns: 4, matrix.values)
    raised[rows: 1..<3, columns: 2..<4].raise(to: other.all)
    var expected = matrix.values
    (expected[7], expected[11]) = (100, 200)
    #expect(raised.values == expected)
  }

  @Test func `filling and copying keep to the block`() {
    let block = FramedBlock(3, 7)
    block.all.fill(2)
    #expect(block.values == [Float](repeating: 2, count: 21) && block.isFrameIntact)
    let values = (0..<21).map { Float($0) }
    block.all.copy(Matrix(rows: 3, columns: 7, values).all)
    #expect(block.values == values && block.isFrameIntact)
  }

  /// The whole input of every patch, for offsets in any order.
  @Test(arguments: 1...40)
  func `patches are read through the offsets`(seed: Int) throws {
    var chance = SeededNumbers(seed: seed)
    let (patch, step) = (1 + chance.below(5), 1 + chance.below(4))
    let (rows, columns) = (1 + chance.below(4), 1 + chance.below(4))
    let (height, width) = ((rows - 1) * step + patch, (columns - 1) * step + patch)
    let planes = Matrix(
      rows: 3, columns: height * width, chance.floats(3 * height * width, upTo: 9))
    let (ys, xs) = ((0..<height).shuffled(using: &chance), (0..<width).shuffled(using: &chance))
    let reader = PatchReader(
      rowOffsets: ys.map { $0 * width }, columnOffsets: xs, patch: patch, stride: step,
      gridColumns: columns)
    for wanted in [0..<rows * columns, rows * columns / 2..<rows * columns, 0..<0] {
      let block = FramedBlock(wanted.count, 3 * patch * patch)
      reader.read(wanted, of: planes, into: block.all)
      var expected: [Float] = []
      for index in wanted {
        for channel in 0..<3 {
          for y in 0..<patch {
            for x in 0..<patch {
              let (row, column) = (index / columns * step + y, index % columns * step + x)
              expected.append(planes[channel, ys[row] * width + xs[column]])
            }
          }
        }
      }
      try #require(block.values == expected && block.isFrameIntact)
    }
  }
}
