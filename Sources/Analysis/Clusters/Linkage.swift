/// Groups of points, joined pair by pair from single ones: agglomerative clustering.
///
/// Each step joins the two groups that are nearest, of equally near ones the first pair. Source:
/// Lance and Williams 1967; Ward 1963; Müllner 2011 for the formulas.
package struct Linkage: Sendable {
  package enum Rule: Sendable {
    /// The distance of groups is that of their farthest points.
    case complete
    /// It is the growth of the sum of weighted squared distances from the mean.
    case ward
  }

  /// The pair joined by each step, by the groups' first points, and their distance.
  package let steps: [(first: Int, second: Int, distance: Double)]
  private let count: Int

  /// Joins points, each with a weight from 0, `[count][dim]`.
  package init(_ points: [[Double]], weights: [Double]? = nil, _ rule: Rule) {
    let n = points.count
    var sizes = weights ?? Array(repeating: 1, count: n)
    var distances = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n where i != j {
        let square = zip(points[i], points[j]).reduce(0) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
        distances[i * n + j] =
          switch rule {
          case .complete: square.squareRoot()
          case .ward:
            sizes[i] + sizes[j] > 0 ? sizes[i] * sizes[j] / (sizes[i] + sizes[j]) * square : 0
          }
      }
    }
    var alive = Array(0..<n)
    var steps: [(first: Int, second: Int, distance: Double)] = []
    while alive.count > 1 {
      var best = (alive[0], alive[1], Double.infinity)
      for (place, i) in alive.enumerated() {
        for j in alive[(place + 1)...] where distances[i * n + j] < best.2 {
          best = (i, j, distances[i * n + j])
        }
      }
      let (i, j, distance) = best
      steps.append((i, j, distance))
      alive.removeAll { $0 == j }
      for other in alive where other != i {
        let (a, b) = (distances[i * n + other], distances[j * n + other])
        let joined: Double
        switch rule {
        case .complete: joined = max(a, b)
        case .ward:
          let all = sizes[i] + sizes[j] + sizes[other]
          joined =
            all > 0
            ? ((sizes[i] + sizes[other]) * a + (sizes[j] + sizes[other]) * b
              - sizes[other] * distance) / all : 0
        }
        distances[i * n + other] = joined
        distances[other * n + i] = joined
      }
      sizes[i] += sizes[j]
    }
    self.steps = steps
    count = n
  }

  /// The group of each point, with so many groups; numbered from 0 by their first points.
  package func groups(_ number: Int) -> [Int] { groups(after: max(0, count - number)) }

  /// The same where only groups nearer than a threshold are joined.
  package func groups(nearerThan threshold: Double) -> [Int] {
    groups(after: steps.firstIndex { $0.distance >= threshold } ?? steps.count)
  }

  private func groups(after done: Int) -> [Int] {
    var first = Array(0..<count)
    for step in steps.prefix(done) {
      for point in first.indices where first[point] == step.second { first[point] = step.first }
    }
    var names: [Int: Int] = [:]
    return first.map { point in
      names[point] = names[point] ?? names.count
      return names[point] ?? 0
    }
  }
}
