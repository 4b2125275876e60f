import Analysis
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Merging") struct MergingTests {
  /// The sum of weighted squared distances from the mean.
  private func spread(_ points: [[Double]], _ weights: [Double]) -> Double {
    let total = weights.reduce(0, +)
    let mean = points[0].indices.map { column in
      zip(points, weights).reduce(0) { $0 + $1.0[column] * $1.1 } / total
    }
    return zip(points, weights).reduce(0) { sum, pair in
      sum + pair.1 * zip(pair.0, mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  @Test(arguments: 1...10, [false, true])
  func `Linkage: each step joins the nearest groups, by definition`(seed: Int, isWard: Bool) {
    var chance = SeededNumbers(seed: seed)
    let points = (0..<9).map { _ in chance.floats(3).map { Double($0) } }
    let weights = (0..<9).map { _ in isWard ? Double(1 + chance.below(5)) : 1 }
    let linkage = Linkage(points, weights: weights, isWard ? .ward : .complete)
    var groups = points.indices.map { [$0] }
    for step in 0..<8 {
      var best: (Int, Int, Double)?
      for i in groups.indices {
        for j in groups.indices where j > i {
          let both = groups[i] + groups[j]
          func spread(_ group: [Int]) -> Double {
            self.spread(group.map { points[$0] }, group.map { weights[$0] })
          }
          let found =
            isWard
            ? spread(both) - spread(groups[i]) - spread(groups[j])
            : groups[i].flatMap { one in groups[j].map { distance(points[one], points[$0]) } }
              .max() ?? 0
          if best.map({ found < $0.2 - 1e-12 }) ?? true { best = (i, j, found) }
        }
      }
      guard let (i, j, found) = best else { return }
      #expect(abs(linkage.steps[step].distance - found) < 1e-9)
      groups[i] += groups.remove(at: j)
      let expected = points.indices.map { point in groups.firstIndex { $0.contains(point) } ?? 0 }
      let named = linkage.groups(8 - step)
      #expect(Set(zip(expected, named).map { [$0, $1] }).count == groups.count)
      #expect(Set(named).count == groups.count)
    }
  }

  @Test func `DensityCutoff: equal densities part nothing`() {
    #expect(DensityCutoff([[0], [1]], densities: [2, 2]) == nil)
    let one = DensityCutoff([[0], [3]], densities: [1, 2])
    #expect(one?.foreground == [1] && one?.background == [0])
    #expect(abs((one?.distance ?? 0) - 3) < 0.06)
  }

  @Test(.enabled(if: Golden.have("analysis/density_merge.safetensors")))
  func `DensityCutoff: foreground, cutoff and groups are the reference's`() throws {
    let golden = try Golden("analysis/density_merge.safetensors")
    let matrix = golden.matrix("centroids")
    let centroids = (0..<24).map { matrix.row($0).map { Double($0) } }
    let cutoff = try #require(DensityCutoff(centroids, densities: golden.doubles("densities")))
    for (key, found) in [
      ("foreground_clusters", cutoff.foreground), ("background_clusters", cutoff.background),
    ] {
      #expect(FixtureTable.row("density_merge", key, found, equal: golden.ints(key)))
    }
    let away = abs(cutoff.distance - golden.doubles("cutoff")[0])
    #expect(FixtureTable.row("density_merge", "cutoff", away, within: 1e-6))
    let linkage = Linkage(centroids, .complete)
    for (found, name) in [
      (linkage.groups(nearerThan: cutoff.distance), "merged_threshold"),
      (linkage.groups(4), "merged_4"),
    ] {
      let expected = golden.ints(name)
      let pairs = Set(zip(found, expected).map { [$0, $1] }).count
      let groups = [Set(found).count, Set(expected).count]
      #expect(FixtureTable.row("density_merge", name, groups, equal: [pairs, pairs]))
    }
  }

  @Test func `PixelClusters: merged clusters are numbered by their joint area`() throws {
    let found = try KMeans(clusters: 6)([PixelVectors(try RandomField(seed: 8).field)])
    for rule in [PixelClusters.Merging.ward(3), .complete(3), .kmeans(3)] {
      let groups = try found.groups(by: rule, seed: 1)
      let (images, members) = found.merged(groups)
      #expect(members.joined().sorted() == Array(1...6) && members.count == 3)
      let counts = images[0].counts
      #expect(counts[1] >= counts[2] && counts[2] >= counts[3] && counts[3] > 0)
      for (group, clusters) in members.enumerated() {
        #expect(counts[group + 1] == clusters.reduce(0) { $0 + found.counts[0][$1 - 1] })
      }
    }
    #expect(throws: AnalysisError.self) { try found.groups(by: .kmeans(7), seed: 1) }
  }
}
