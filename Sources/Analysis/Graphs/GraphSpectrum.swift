import LinearAlgebra

/// The smallest eigenvalues of `(D − W) v = λ D v` of a graph, with their vectors.
///
/// `D^-½ W D^-½` has the same vectors, scaled by `D^½`, and `1 − λ` as its values; its largest are
/// found by Lanczos' method, every vector made orthogonal to all before it. The first, constant one is
/// known. Source: Shi & Malik 2000, eq. 6; Golub & Van Loan, §10.3.
package struct GraphSpectrum: Sendable {
  /// Ascending; the first is 0.
  package let values: [Double]
  /// One for each value, with `vᵀ D v = 1`, `[values, cells]`.
  package let vectors: [[Double]]
  /// Products with the weights that it took.
  package let products: Int

  /// Steps at which it ends, found or not.
  static let mostSteps = 300
  /// The largest residual of what is found.
  private static let tolerance = 1e-10

  /// Finds as many as `count`, or as the graph has cells.
  ///
  /// Stops with `CancellationError` between two products where `shouldStop` says so.
  init(
    of graph: some CellGraph, count wanted: Int, workers: ThreadPool?,
    shouldStop: @Sendable () -> Bool = { false }
  ) throws {
    let roots = graph.degrees.map { ($0 < 1e-12 ? 1 : $0).squareRoot() }
    let first = GraphSpectrum.unit(roots)
    let order = graph.count - 1
    let wanted = min(wanted - 1, order)
    var basis: [[Double]] = []
    var (diagonal, beside): ([Double], [Double]) = ([], [])
    var generator = CounterGenerator(seed: 0)
    var next = GraphSpectrum.fresh(graph.count, &generator, [first])
    var found: (values: [Double], combinations: [[Double]])?
    // Where no new direction comes, others of the same value may be elsewhere: as many as are wanted.
    var exhaustions = 0
    while basis.count < min(order, GraphSpectrum.mostSteps), wanted > 0, exhaustions <= wanted {
      if shouldStop() { throw CancellationError() }
      basis.append(next)
      let scaled = zip(next, roots).map { $0 / $1 }
      var image = zip(graph.product(scaled, workers: workers), roots).map { $0 / $1 }
      diagonal.append(GraphSpectrum.dot(image, next))
      // Twice, since once leaves what rounding made of it.
      for _ in 0..<2 {
        for vector in [first] + basis { GraphSpectrum.subtract(vector, from: &image) }
      }
      let length = GraphSpectrum.dot(image, image).squareRoot()
      let isExhausted = length < 1e-13
      exhaustions += isExhausted ? 1 : 0
      beside.append(isExhausted ? 0 : length)
      if let pairs = GraphSpectrum.pairs(diagonal, beside, wanted) {
        found = (pairs.values, pairs.combinations)
        if !isExhausted, pairs.residual <= GraphSpectrum.tolerance { break }
      }
      next =
        isExhausted
        ? GraphSpectrum.fresh(graph.count, &generator, [first] + basis)
        : image.map { $0 / length }
    }
    var values = [0.0]
    var vectors = [zip(first, roots).map { $0 / $1 }]
    for (value, combination) in zip(found?.values ?? [], found?.combinations ?? []) {
      var vector = [Double](repeating: 0, count: graph.count)
      for (share, part) in zip(combination, basis) {
        for i in vector.indices { vector[i] += share * part[i] }
      }
      values.append(1 - value)
      vectors.append(zip(vector, roots).map { $0 / $1 })
    }
    (self.values, self.vectors, products) = (values, vectors, basis.count)
  }

  /// The largest eigenvalues of a tridiagonal matrix and their vectors; `nil` while it is too small.
  private static func pairs(
    _ diagonal: [Double], _ beside: [Double], _ wanted: Int
  ) -> (values: [Double], combinations: [[Double]], residual: Double)? {
    let order = diagonal.count
    guard order >= wanted else { return nil }
    var matrix = [Double](repeating: 0, count: order * order)
    for i in 0..<order {
      matrix[i * order + i] = diagonal[i]
      guard i + 1 < order else { continue }
      matrix[i * order + i + 1] = beside[i]
      matrix[(i + 1) * order + i] = beside[i]
    }
    guard let eigen = try? SymmetricEigen(of: matrix, order: order) else { return nil }
    let combinations = (0..<wanted).map { eigen.vector($0) }
    let residual = combinations.reduce(0) { max($0, ($1[order - 1] * beside[order - 1]).magnitude) }
    return (Array(eigen.values.prefix(wanted)), combinations, residual)
  }

  /// A unit vector of drawn numbers, orthogonal to others.
  private static func fresh(
    _ count: Int, _ generator: inout CounterGenerator, _ others: [[Double]]
  ) -> [Double] {
    var vector = (0..<count).map { _ in generator.next() - 0.5 }
    for _ in 0..<2 {
      for other in others { subtract(other, from: &vector) }
    }
    return unit(vector)
  }

  private static func unit(_ vector: [Double]) -> [Double] {
    let length = dot(vector, vector).squareRoot()
    return vector.map { $0 / (length > 0 ? length : 1) }
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }

  /// Takes away what a vector has of a unit vector.
  private static func subtract(_ unit: [Double], from vector: inout [Double]) {
    let share = dot(unit, vector)
    for i in vector.indices { vector[i] -= share * unit[i] }
  }
}
