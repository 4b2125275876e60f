import LinearAlgebra

/// How fast OpenBLAS multiplies on one thread each, all threads together: what an encoder of matrix
/// products could reach.
struct ProductRate {
  private let workers: ThreadPool
  private let operands: [(a: Matrix, b: Matrix, c: Matrix)]

  /// Operands of the shape of a first MLP layer of ViT-S on 1370 tokens.
  init(workers: ThreadPool) {
    self.workers = workers
    operands = (0..<workers.count).map { _ in
      (
        Matrix(rows: 1370, columns: 384, Array(repeating: 0.5, count: 1370 * 384)),
        Matrix(rows: 1536, columns: 384, Array(repeating: 0.25, count: 1536 * 384)),
        Matrix(rows: 1370, columns: 1536)
      )
    }
  }

  /// Floating-point operations in a second, the best of some tries of so many products a thread.
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
