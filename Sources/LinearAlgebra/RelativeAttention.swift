/// Softmax attention with a bias that depends on how far query and key lie apart in a grid.
///
/// The bias is the query's product with a vector for the distance along each axis. Source: Li et
/// al. 2022 (MViTv2), eq. 4; Kirillov et al. 2023, appendix A.
package struct RelativeAttention: Sendable {
  /// Queries whose scores are made at once.
  package static let queries = 64

  /// Keys of the grid, row after row.
  package let rows: Int
  package let columns: Int
  /// A vector for each distance from key to query, from 1 − rows to rows − 1, `[2 · rows − 1,
  /// dim]`.
  private let vertical: Matrix
  /// The same for columns in descending order, `[2 · columns − 1, dim]`.
  private let horizontal: Matrix

  /// Both tables are in ascending order of query minus key.
  package init(rows: Int, columns: Int, vertical: Matrix, horizontal: Matrix) {
    precondition(
      vertical.rows == 2 * rows - 1 && horizontal.rows == 2 * columns - 1
        && vertical.columns == horizontal.columns,
      "\(vertical.all.shape), \(horizontal.all.shape) for \(rows) × \(columns) keys")
    (self.rows, self.columns, self.vertical) = (rows, columns, vertical)
    self.horizontal = gather((0..<horizontal.rows).reversed(), of: horizontal)
  }

  /// Memory for one task at a time.
  package struct Scratch: Sendable {
    fileprivate let scores: MutableMatrix
    fileprivate let vertical: MutableMatrix
    fileprivate let horizontal: MutableMatrix
    fileprivate let running: MutableMatrix

    /// For grids of so many keys, and so many along their longer side.
    package init(keys: Int, side: Int) {
      let queries = RelativeAttention.queries
      scores = MutableMatrix(rows: queries, columns: keys)
      vertical = MutableMatrix(rows: queries, columns: 2 * side)
      horizontal = MutableMatrix(rows: queries, columns: 2 * side)
      running = MutableMatrix(rows: 2, columns: queries)
    }
  }

  /// What queries find that are some of the grid's own, from `first` on, `[n, dim] → [n, dim]`.
  package func callAsFunction(
    _ queries: MatrixView, from first: Int, _ keys: MatrixView, _ values: MatrixView,
    into result: MutableMatrixView, _ scratch: Scratch
  ) {
    let count = queries.rows
    precondition(
      count <= RelativeAttention.queries && first >= 0 && first + count <= rows * columns
        && keys.rows == rows * columns && values.rows == keys.rows
        && result.shape == queries.shape,
      "\(queries.shape) from \(first) over \(keys.shape) into \(result.shape)")
    let scores = scratch.scores[rows: 0..<count, columns: 0..<keys.rows]
    let above = scratch.vertical[rows: 0..<count, columns: 0..<vertical.rows]
    let beside = scratch.horizontal[rows: 0..<count, columns: 0..<horizontal.rows]
    let base2 = Float(1.4426950408889634)
    multiply(
      queries, transposed: keys, into: scores, scale: base2 / Float(queries.columns).squareRoot())
    multiply(queries, transposed: vertical.all, into: above, scale: base2)
    multiply(queries, transposed: horizontal.all, into: beside, scale: base2)
    add(above.view, beside.view, from: first, to: scores)
    scratch.running[rows: 0..<1].fill(-1e30)
    scratch.running[rows: 1..<2].fill(0)
    EncoderKernels.current.softmaxStep(
      scores, running: scratch.running, output: MutableMatrix(rows: count, columns: 1).all)
    EncoderKernels.current.softmaxEnd(scores.view, running: scratch.running, into: scores)
    multiply(scores.view, by: values, into: result)
  }

  /// scores[q, k] ← scores[q, k] + above[q, row of q − row of k] + beside[q, column of q − column
  /// of k].
  private func add(
    _ above: MatrixView, _ beside: MatrixView, from first: Int, to scores: MutableMatrixView
  ) {
    for query in 0..<scores.rows {
      let (y, x) = ((first + query) / columns, (first + query) % columns)
      // SAFETY: `above` has 2 · rows − 1 columns, `beside` 2 · columns − 1, and y and x lie in the
      // grid, so all distances are theirs; `scores` has a column for each key.
      let (biases, line) = unsafe (
        above.base + query * above.stride, beside.base + query * beside.stride + columns - 1 - x
      )
      for row in 0..<rows {
        let bias = unsafe biases[y - row + rows - 1]
        let target = unsafe scores.base + query * scores.stride + row * columns
        for column in 0..<columns { unsafe target[column] += bias + line[column] }
      }
    }
  }
}
