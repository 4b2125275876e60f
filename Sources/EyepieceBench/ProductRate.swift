import LinearAlgebra

/// OpenBLAS's rate with one thread each, all threads together: an upper bound for an encoder made
/// of matrix products.
struct ProductRate {
  private let workers: ThreadPool
  private let operands: [(a: Matrix, b: Matrix, c: MutableMatrix)]

  /// Creates operands of the shape of ViT-S's first MLP layer on 1370 tokens.
  init(workers: ThreadPool) {
    self.workers = workers
    operands = (0..<workers.count).map { _ in
      (
        Matrix(rows: 1370, columns: 384, Array(repeating: 0.5, count: 1370 * 384)),
        Matrix(rows: 1536, columns: 384, Array(repeating: 0.25, count: 1536 * 384)),
        MutableMatrix(rows: 1370, columns: 1536)
      )
    }
  }

  /// Floating-point operations per second: the best of `tries`, with `products` products per
  /// thread.
  func measure(tries: Int = 5, products: Int = 40) -> Double {
    let times = (0..<tries).map { _ in
      let start = ContinuousClock.now
      workers.forEach(workers.count) { [operands] index, _ in
        let (a, b, c) = operands[index]
        for _ in 0..<products { multiply(a.all, transposed: b.all, into: c.all) }
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    let operations = 2.0 * 1370 * 1536 * 384 * Double(products) * Double(workers.count)
    return operations / (times.min() ?? .infinity)
  }
}
