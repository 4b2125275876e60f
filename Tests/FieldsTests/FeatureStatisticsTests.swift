import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Feature statistics") struct FeatureStatisticsTests {
  /// Maps of one dimension: grids of all shapes, each image with its own mean.
  private func maps(_ seed: Int) -> [FeatureMap] {
    var chance = Chance(state: UInt64(seed) + 1)
    let dim = 1 + seed % 7
    return (0..<1 + seed % 4).map { image in
      let grid = Grid(rows: 1 + (seed + image) % 5, columns: 1 + (3 * seed + image) % 6)
      return FeatureMap(
        grid: grid, vectors: chance.matrix(grid.count, dim, around: Float(image * (seed % 3))))
    }
  }

  private func statistics(_ maps: [FeatureMap]) -> FeatureStatistics {
    maps.reduce(into: FeatureStatistics(dim: maps[0].dim)) { $0.add($1) }
  }

  /// Each statistic by its formula, from all vectors at once.
  private struct Oracle {
    var (dimensions, firstThree, neighbourhood, betweenImages) = (0.0, 0.0, 0.0, 0.0)

    init(_ maps: [FeatureMap]) throws {
      let dim = maps[0].dim
      func vectors(_ map: FeatureMap) -> [[Double]] {
        (0..<map.grid.count).map { map.vectors.row($0).map { Double($0) } }
      }
      func mean(_ vectors: [[Double]]) -> [Double] {
        (0..<dim).map { i in vectors.reduce(0.0) { $0 + $1[i] } / Double(vectors.count) }
      }
      func product(_ a: [Double], _ b: [Double], about c: [Double], _ d: [Double]) -> Double {
        var sum = 0.0
        for i in 0..<dim { sum += (a[i] - c[i]) * (b[i] - d[i]) }
        return sum
      }
      let all = maps.flatMap(vectors)
      let centre = mean(all)
      var covariance = [Double](repeating: 0, count: dim * dim)
      for vector in all {
        let away = zip(vector, centre).map { $0 - $1 }
        for i in 0..<dim {
          for j in 0..<dim { covariance[i * dim + j] += away[i] * away[j] / Double(all.count) }
        }
      }
      let values = try SymmetricEigen(of: covariance, order: dim).values
      let sum = values.reduce(0, +)
      let squares = values.reduce(0.0) { $0 + $1 * $1 }
      dimensions = sum * sum / squares
      firstThree = values.prefix(3).reduce(0, +) / sum
      var (within, between, products, pairs) = (0.0, 0.0, 0.0, 0)
      for map in maps {
        let own = vectors(map)
        let middle = mean(own)
        between += Double(own.count) * product(middle, middle, about: centre, centre)
        for i in own.indices {
          within += product(own[i], own[i], about: middle, middle)
          for j in own.indices where j > i {
            let (down, right) = (
              j / map.grid.columns - i / map.grid.columns,
              j % map.grid.columns - i % map.grid.columns
            )
            guard abs(down) + abs(right) == 1 else { continue }
            products += product(own[i], own[j], about: middle, middle)
            pairs += 1
          }
        }
      }
      neighbourhood = products / Double(pairs) / (within / Double(all.count))
      betweenImages = between / (sum * Double(all.count))
    }
  }

  @Test(arguments: 0..<80)
  func `FeatureStatistics: adding map by map gives the formulas' values for all vectors`(seed: Int)
    throws
  {
    let maps = maps(seed)
    guard maps.contains(where: { $0.grid.count > 1 }) else { return }
    let (found, wanted) = (statistics(maps), try Oracle(maps))
    #expect(found.maps == maps.count)
    #expect(found.patches == maps.reduce(0) { $0 + $1.grid.count })
    let (dimensions, firstThree, neighbourhood) = (
      try #require(found.dimensions), try #require(try found.firstThree()),
      try #require(found.neighbourhood)
    )
    #expect(abs(dimensions - wanted.dimensions) <= 1e-4 * wanted.dimensions)
    #expect(abs(firstThree - wanted.firstThree) <= 1e-5)
    #expect(abs(neighbourhood - wanted.neighbourhood) <= 1e-4)
    if maps.count > 1 {
      let betweenImages = try #require(found.betweenImages)
      #expect(abs(betweenImages - wanted.betweenImages) <= 1e-5)
    } else {
      #expect(found.betweenImages == nil)
    }
  }

  /// A mean a thousand times the deviation costs no significant digits.
  @Test
  func `FeatureStatistics: vectors far from zero have the statistics of those near it`() throws {
    var chance = Chance(state: 5)
    let grid = Grid(rows: 6, columns: 7)
    let near = (0..<3).map { _ in chance.matrix(grid.count, 4, around: 0) }
    func found(_ shift: Float) -> FeatureStatistics {
      statistics(
        near.map {
          FeatureMap(
            grid: grid,
            vectors: Matrix(rows: $0.rows, columns: $0.columns, $0.values.map { $0 + shift }))
        })
    }
    let (plain, far) = (found(0), found(1000))
    for statistic in [\FeatureStatistics.dimensions, \.neighbourhood, \.betweenImages] {
      let (near, away) = (
        try #require(plain[keyPath: statistic]), try #require(far[keyPath: statistic])
      )
      #expect(abs(near - away) <= 1e-2)
    }
  }

  private func map(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> [Float]) -> FeatureMap {
    let vectors = (0..<rows * columns).flatMap { value($0 / columns, $0 % columns) }
    return FeatureMap(
      grid: Grid(rows: rows, columns: columns),
      vectors: Matrix(rows: rows * columns, columns: vectors.count / (rows * columns), vectors))
  }

  @Test func `FeatureStatistics: a chequerboard's neighbours are opposites, on a line`() throws {
    let found = statistics([map(4, 4) { y, x in (y + x) % 2 == 0 ? [1, 2, 3] : [-1, -2, -3] }])
    let (neighbourhood, dimensions) = (
      try #require(found.neighbourhood), try #require(found.dimensions)
    )
    #expect(abs(neighbourhood + 1) <= 1e-6 && abs(dimensions - 1) <= 1e-6)
    let firstThree = try #require(try found.firstThree())
    #expect(abs(firstThree - 1) <= 1e-6)
  }

  @Test
  func `FeatureStatistics: images of one vector each have all variance between images`() throws {
    let found = statistics([map(2, 3) { _, _ in [1, 0] }, map(5, 2) { _, _ in [0, 1] }])
    #expect(found.betweenImages == 1)
    #expect(found.neighbourhood == nil)
  }

  @Test func `FeatureStatistics: equal vectors have no statistics`() throws {
    let found = statistics([map(2, 3) { _, _ in [1, 4] }, map(1, 1) { _, _ in [1, 4] }])
    #expect(found.patches == 7)
    #expect(found.dimensions == nil && found.neighbourhood == nil && found.betweenImages == nil)
    #expect(try found.firstThree() == nil)
  }

  @Test func `FeatureStatistics: a vector that is not finite is an error`() {
    let found = statistics([map(2, 2) { y, x in [Float(y), x == 0 ? 1 : .infinity] }])
    #expect(throws: SymmetricEigen.Failure.notFinite) { _ = try found.firstThree() }
  }
}
