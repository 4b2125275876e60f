import Foundation
import LinearAlgebra

/// Weights of a linear classifier and its constants, one vector for each class.
struct Coefficients: Sendable {
  /// `[classes, dim]`.
  var w: [Double]
  /// `[classes]`.
  var b: [Double]

  static func zeros(classes: Int, dim: Int) -> Coefficients {
    Coefficients(
      w: [Double](repeating: 0, count: classes * dim), b: [Double](repeating: 0, count: classes))
  }

  mutating func add(_ scale: Double, _ other: Coefficients) {
    for i in w.indices { w[i] += scale * other.w[i] }
    for i in b.indices { b[i] += scale * other.b[i] }
  }

  func scaled(_ scale: Double) -> Coefficients {
    Coefficients(w: w.map { scale * $0 }, b: b.map { scale * $0 })
  }

  func dot(_ other: Coefficients) -> Double {
    var sum = 0.0
    for i in w.indices { sum += w[i] * other.w[i] }
    for i in b.indices { sum += b[i] * other.b[i] }
    return sum
  }

  var largest: Double {
    max(w.reduce(0) { max($0, $1.magnitude) }, b.reduce(0) { max($0, $1.magnitude) })
  }
}

/// `Σᵢ sᵢ (log Σₖ exp zᵢₖ − zᵢ,ᵧᵢ) + ½ ridge Σₖ ‖wₖ‖²` with `zᵢₖ = wₖ · xᵢ + bₖ`.
///
/// Data are float32, everything else float64. Rows are read in blocks of one size whose sums are
/// added in order, so that the number of threads makes no difference. Source: scikit-learn's
/// multinomial logistic regression, times the sum of the weights.
struct LogisticObjective: Sendable {
  let x: Matrix
  let classes: [Int32]
  let weights: [Double]
  let count: Int
  let ridge: Double
  let workers: ThreadPool?
  private let blocks: Blocks

  init(
    _ x: Matrix, classes: [Int32], weights: [Double], count: Int, ridge: Double,
    workers: ThreadPool?
  ) {
    (self.x, self.classes, self.weights) = (x, classes, weights)
    (self.count, self.ridge, self.workers) = (count, ridge, workers)
    blocks = Blocks(of: x.rows, atMost: 128)
  }

  struct Value: Sendable {
    let loss: Double
    let gradient: Coefficients
    /// Each block's probabilities, `[rows, classes]`.
    let probabilities: [[Double]]
  }

  private struct Part: Sendable {
    var loss = 0.0
    var gradient: Coefficients
    var probabilities: [Double] = []
  }

  /// The value, the gradient and the probabilities, in one pass over the rows.
  func evaluate(_ at: Coefficients) -> Value {
    let parts = workers.map(blocks.count) { [self] index, _ in
      let rows = blocks[index]
      let block = x[rows: rows]
      var p = ScoreKernels.current.products(block, by: at.w, bias: at.b)
      var r = p
      var loss = 0.0
      var b = [Double](repeating: 0, count: count)
      for (place, row) in rows.enumerated() {
        let first = place * count
        let most = p[first..<first + count].reduce(-.infinity, max)
        let own = p[first + Int(classes[row])]
        var sum = 0.0
        for k in first..<first + count {
          p[k] = exp(p[k] - most)
          sum += p[k]
        }
        loss += weights[row] * (most + log(sum) - own)
        for k in 0..<count {
          p[first + k] /= sum
          let target: Double = k == Int(classes[row]) ? 1 : 0
          r[first + k] = weights[row] * (p[first + k] - target)
          b[k] += r[first + k]
        }
      }
      let w = ScoreKernels.current.sums(block, by: r, classes: count)
      return Part(loss: loss, gradient: Coefficients(w: w, b: b), probabilities: p)
    }
    var gradient = Coefficients.zeros(classes: count, dim: x.columns)
    var loss = 0.0
    for part in parts {
      loss += part.loss
      gradient.add(1, part.gradient)
    }
    for i in at.w.indices {
      loss += 0.5 * ridge * at.w[i] * at.w[i]
      gradient.w[i] += ridge * at.w[i]
    }
    return Value(loss: loss, gradient: gradient, probabilities: parts.map(\.probabilities))
  }

  /// The Hessian, at the point of some probabilities, times a vector; one pass over the rows.
  func curvature(_ probabilities: [[Double]], times v: Coefficients) -> Coefficients {
    let parts = workers.map(blocks.count) { [self] index, _ in
      let rows = blocks[index]
      let (block, p) = (x[rows: rows], probabilities[index])
      var r = ScoreKernels.current.products(block, by: v.w, bias: v.b)
      var b = [Double](repeating: 0, count: count)
      for (place, row) in rows.enumerated() {
        let first = place * count
        var mean = 0.0
        for k in first..<first + count { mean += p[k] * r[k] }
        for k in 0..<count {
          let value = weights[row] * p[first + k] * (r[first + k] - mean)
          r[first + k] = value
          b[k] += value
        }
      }
      return Coefficients(w: ScoreKernels.current.sums(block, by: r, classes: count), b: b)
    }
    var sum = v.scaled(ridge)
    for k in sum.b.indices { sum.b[k] = 0 }
    for part in parts { sum.add(1, part) }
    return sum
  }

  /// One matrix near the Hessian's part of each class: that of the mean curvature between classes.
  ///
  /// It leaves the sum over the classes as it is. Many rows are sampled.
  func preconditioner(_ probabilities: [[Double]]) -> Cholesky? {
    let p = probabilities.flatMap { $0 }
    let curvatures = (0..<x.rows).map { row in
      var squares = 0.0
      for k in row * count..<(row + 1) * count { squares += p[k] * p[k] }
      return weights[row] * max(1 - squares, 0) / Double(count - 1)
    }
    let step = (x.rows + LogisticObjective.sampledRows - 1) / LogisticObjective.sampledRows
    let places = Array(stride(from: 0, to: x.rows, by: max(step, 1)))
    let matrix = weightedGram(
      of: step > 1 ? x.everyRow(step, from: 0) : x.all,
      weights: places.map { curvatures[$0] * Double(max(step, 1)) }, .single, workers: workers)
    let order = x.columns + 1
    for i in 0..<x.columns { matrix[i, i] += ridge }
    // Where every row is sure there is no curvature along the constant.
    matrix[order - 1, order - 1] += 1e-6 * (1 + matrix[order - 1, order - 1])
    // In float32 a matrix of large values can lose its definiteness; a little more keeps it.
    var more = 0.0
    let largest = (0..<order).reduce(0) { max($0, matrix[$1, $1]) }
    for _ in 0..<4 {
      if let factor = Cholesky(of: matrix) { return factor }
      let next = max(10 * more, 1e-6 * largest)
      for i in 0..<order { matrix[i, i] += next - more }
      more = next
    }
    return nil
  }

  /// Rows that a preconditioner is made of at most.
  private static let sampledRows = 8192
}

extension Cholesky {
  /// Divides each class's vector by the matrix of the features and a constant.
  func solve(_ vector: Coefficients) -> Coefficients {
    let classes = vector.b.count
    let dim = vector.w.count / max(classes, 1)
    var joined: [Double] = []
    joined.reserveCapacity(vector.w.count + classes)
    for k in 0..<classes {
      joined += vector.w[k * dim..<(k + 1) * dim]
      joined.append(vector.b[k])
    }
    let solved = solve(joined)
    var result = vector
    for k in 0..<classes {
      let first = k * (dim + 1)
      result.w.replaceSubrange(k * dim..<(k + 1) * dim, with: solved[first..<first + dim])
      result.b[k] = solved[first + dim]
    }
    return result
  }
}
