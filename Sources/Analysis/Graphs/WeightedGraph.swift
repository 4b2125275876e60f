import LinearAlgebra

/// A graph whose edges weigh what a rule makes of two cells' product, float32, `[cells, cells]`.
struct WeightedGraph: CellGraph {
  /// How an edge follows from two cells' product.
  enum Rule: Sendable {
    /// The product where it reaches a threshold, else nearly nothing. Source: TokenCut's
    /// `no_binary_graph`.
    case above(Float)
    /// The product where it is positive, divided by the largest. Source: deep spectral
    /// segmentation.
    case positive
  }

  let degrees: [Double]
  let isUniform: Bool
  private let weights: Matrix

  var count: Int { weights.rows }

  /// Throws `CancellationError` once it should stop.
  init(
    _ vectors: Matrix, _ rule: Rule, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    let count = vectors.rows
    let weights = MutableMatrix(rows: count, columns: count)
    let largest = try CellProducts(vectors).map(workers, shouldStop) { rows, products in
      let out = weights[rows: rows]
      out.copy(products)
      var most: Float = 0
      for row in rows {
        for column in 0..<count {
          let value = weights[row, column]
          switch rule {
          case .above(let threshold):
            if !(value >= threshold) { weights[row, column] = Float(BinaryGraph.epsilon) }
          case .positive:
            if !(value > 0) { weights[row, column] = 0 }
          }
          most = max(most, value)
        }
      }
      return most
    }.reduce(0 as Float, max)
    if case .positive = rule, largest > 0 {
      for row in 0..<count {
        let line = weights[rows: row..<row + 1]
        RowKernels.current.combine([line.view], weights: [1 / largest], into: line)
      }
    }
    // Of two products of the same cells the one in the upper triangle counts.
    for row in 0..<count {
      for column in 0..<row { weights[row, column] = weights[column, row] }
    }
    self.weights = weights.frozen()
    let degrees = WeightedGraph.product(
      self.weights, [Double](repeating: 1, count: count), workers)
    self.degrees = degrees
    isUniform = largest == 0
  }

  func product(_ x: [Double], workers: ThreadPool?) -> [Double] {
    precondition(x.count == count, "\(x.count) values for \(count) cells")
    return WeightedGraph.product(weights, x, workers)
  }

  private static func product(
    _ weights: Matrix, _ x: [Double], _ workers: ThreadPool?
  ) -> [Double] {
    let blocks = Blocks(of: weights.rows, atMost: 128)
    return workers.map(blocks.count) { index, _ in
      ScoreKernels.current.products(weights[rows: blocks[index]], by: x, bias: [0])
    }.flatMap { $0 }
  }
}
