import LinearAlgebra

/// Newton's method in a region of trust, its steps by preconditioned conjugate gradients.
///
/// Source: Steihaug 1983; Nocedal & Wright 2006, algorithms 4.1 and 7.2.
struct TrustRegion {
  struct Result: Sendable {
    let point: Coefficients
    let value: LogisticObjective.Value
    /// Passes over the rows.
    let passes: Int
    let hasConverged: Bool
  }

  let objective: LogisticObjective
  /// The gradient's largest component at which it ends.
  let tolerance: Double
  /// Passes over the rows at which it ends.
  let passLimit: Int
  let shouldStop: @Sendable () -> Bool

  private var passes = 0

  init(
    _ objective: LogisticObjective, tolerance: Double, passLimit: Int,
    shouldStop: @escaping @Sendable () -> Bool
  ) {
    self.objective = objective
    self.tolerance = tolerance
    self.passLimit = passLimit
    self.shouldStop = shouldStop
  }

  /// Minimises from a point on.
  mutating func minimise(from start: Coefficients) throws -> Result {
    var (point, value) = (start, try evaluate(start))
    var radius = Double.infinity
    var matrix: Cholesky?
    while value.gradient.largest > tolerance, passes < passLimit {
      if matrix == nil { matrix = objective.preconditioner(value.probabilities) }
      guard let preconditioner = matrix else { throw SegmentationError.singular }
      let step = try self.step(at: value, preconditioner, radius)
      var next = point
      next.add(1, step.vector)
      let found = try evaluate(next)
      let (fall, expected) = (value.loss - found.loss, step.expected)
      // Near the minimum a loss is its rounding; then the gradient tells.
      let isRounding = expected <= 1e-10 * (value.loss.magnitude + 1e-300)
      let isBetter =
        isRounding
        ? found.gradient.largest < value.gradient.largest : fall > 1e-4 * expected
      if !isRounding {
        if fall < 0.25 * expected { radius = 0.25 * step.length }
        if fall > 0.75 * expected, step.isCut { radius *= 2 }
      }
      if isBetter {
        (point, value, matrix) = (next, found, nil)
      } else if isRounding {
        break
      }
    }
    return Result(
      point: point, value: value, passes: passes,
      hasConverged: value.gradient.largest <= tolerance)
  }

  private struct Step {
    var vector: Coefficients
    /// How far the quadratic model falls.
    var expected: Double
    /// The length by the preconditioner.
    var length: Double
    /// Whether it ends at the region's edge.
    var isCut: Bool
  }

  /// A step that the quadratic model wants, not longer than the radius by the preconditioner.
  private mutating func step(
    at value: LogisticObjective.Value, _ matrix: Cholesky, _ radius: Double
  ) throws -> Step {
    var r = value.gradient.scaled(-1)
    var z = matrix.solve(r)
    var d = z
    var rz = r.dot(z)
    let start = rz.squareRoot()
    let total = objective.weights.reduce(0, +)
    let goal = min(0.1, (value.gradient.largest / total).squareRoot()) * start
    var step = Step(
      vector: .zeros(classes: objective.count, dim: objective.x.columns), expected: 0, length: 0,
      isCut: false)
    // Squares of the preconditioner's products of the step and the direction, kept up to date.
    var (ss, sd, dd) = (0.0, 0.0, rz)
    while rz.squareRoot() > goal, passes < passLimit {
      let curved = objective.curvature(value.probabilities, times: d)
      try count()
      let bend = d.dot(curved)
      let length = bend > 0 ? rz / bend : .infinity
      let reached = ss + 2 * length * sd + length * length * dd
      if !(reached < radius * radius) {
        let root = (sd * sd + dd * (radius * radius - ss)).squareRoot()
        let rest = (root - sd) / dd
        step.vector.add(rest, d)
        step.expected += rest * (r.dot(d) - 0.5 * rest * bend)
        step.length = radius
        step.isCut = true
        return step
      }
      step.vector.add(length, d)
      step.expected += 0.5 * length * rz
      r.add(-length, curved)
      z = matrix.solve(r)
      let next = r.dot(z)
      let ratio = next / rz
      ss = reached
      sd = ratio * (sd + length * dd)
      dd = next + ratio * ratio * dd
      rz = next
      var turned = z
      turned.add(ratio, d)
      d = turned
    }
    step.length = ss.squareRoot()
    return step
  }

  private mutating func evaluate(_ point: Coefficients) throws -> LogisticObjective.Value {
    let value = objective.evaluate(point)
    try count()
    return value
  }

  private mutating func count() throws {
    passes += 1
    if shouldStop() { throw CancellationError() }
  }
}
