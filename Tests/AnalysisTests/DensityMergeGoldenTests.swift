import Analysis
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

/// The reference's way from clusters to a foreground, over the cells of a micrograph as pixels.
@Suite(
  "HR-Dv2's segmentation, golden", .enabled(if: Golden.have("sofc_518.safetensors")),
  .enabled(if: Golden.have("analysis/density_merge.safetensors")))
struct DensityMergeGoldenTests {
  private let golden: Golden
  private let units: Matrix
  /// How much the class token attends to each cell, the sum over heads.
  private let attention: FeatureField
  private let cells: PixelVectors
  private let kMeans = KMeans(clusters: 24, iterations: 1000, tolerance: 0)
  /// The clusters whose centroids are the reference's.
  private let found: PixelClusters
  /// The place among the reference's clusters of each of those found.
  private let places: [Int]

  init() throws {
    golden = try Golden("analysis/density_merge.safetensors")
    let tokens = CellVectors(grid: Grid(rows: 37, columns: 37), vectors: try Golden.tokens())
    let rows = tokens.unit.vectors
    units = rows
    let heads = try Golden("sofc_518.safetensors").matrix("cls_attention")
    let sums = (0..<1369).map { cell in (0..<heads.rows).reduce(0) { $0 + heads[$1, cell] } }
    attention = try FeatureField(ofCells: Matrix(rows: 1369, columns: 1, sums))
    cells = PixelVectors(try FeatureField(ofCells: tokens.vectors), isUnit: true)
    let end = golden.doubles("centroids")
    found = try kMeans.pixels(
      [cells], from: (0..<24).map { Array(end[$0 * 384..<($0 + 1) * 384]) })
    let labels = golden.ints("labels")
    let ids = found.images[0].ids
    places = (1...24).map { id in ids.firstIndex { Int($0) == id }.map { labels[$0] } ?? 0 }
  }

  /// The reference's order of what is found of each cluster.
  private func ordered<Value>(_ values: [Value]) -> [Value] {
    (0..<24).map { place in values[places.firstIndex(of: place) ?? 0] }
  }

  private func row(_ key: String, _ found: [Double], within bound: Double) -> Bool {
    let expected = golden.doubles(key)
    let away = zip(found, expected).map { ($0 - $1).magnitude }.max() ?? 1
    return FixtureTable.row(
      "density_merge", key, found.count == expected.count ? away : 1, within: bound)
  }

  @Test func `clusters, densities and the cutoff's histogram are the reference's`() throws {
    #expect(Set(places).count == 24)
    let labels = found.images[0].ids.map { places[Int($0) - 1] }
    #expect(
      FixtureTable.row("density_merge", "labels", labels, equal: golden.ints("labels")))
    #expect(row("inertia", [found.inertia], within: 1e-4))
    let centroids = ordered(found.centroids)
    #expect(row("centroids", centroids.flatMap { $0 }, within: 1e-6))
    let densities = ordered(found.means(of: [attention]))
    #expect(row("densities", densities, within: 1e-6))
    let cutoff = try #require(DensityCutoff(centroids, densities: densities))
    #expect(
      FixtureTable.row(
        "density_merge", "histogram", cutoff.counts, equal: golden.ints("histogram")))
    #expect(row("edges", cutoff.edges, within: 1e-6))
  }

  /// On the reference's way of 42 passes a cell is as near to two centroids as float32 can tell; the other
  /// choice, NumPy's too where vectors are normalised after the product, ends at 26.6122 for 26.6171.
  @Test func `clusters from the reference's cells are no worse than its own`() throws {
    let start = golden.ints("init_cells").map { units.row($0).map { Double($0) } }
    let own = try kMeans.pixels([cells], from: start)
    #expect(own.inertia <= golden.doubles("inertia")[0] + 1e-4)
    let labels = golden.ints("labels")
    let pairs = zip(own.images[0].ids, labels).map { [Int($0), $1] }
    let most = Dictionary(grouping: pairs) { $0 }.values.map(\.count).sorted().suffix(24)
    #expect(most.reduce(0, +) >= labels.count - 3)
  }

  /// Labels of cells, whatever the reference calls them: as many pairs of names as names.
  private func isSame(_ key: String, _ labels: [Int]) -> Bool {
    let expected = golden.ints(key)
    let pairs = Set(zip(labels, expected).map { [$0, $1] }).count
    return FixtureTable.row(
      "density_merge", key, [Set(labels).count, Set(expected).count], equal: [pairs, pairs])
  }

  @Test(arguments: ["threshold", "4"])
  func `merged and refined labels are the reference's`(name: String) throws {
    let rule: PixelClusters.Merging =
      name == "4" ? .complete(4) : .density(found.means(of: [attention]))
    let groups = try found.groups(by: rule, seed: 0)
    let (images, members) = found.merged(groups)
    #expect(isSame("segmentation_\(name)", images[0].ids.map { Int($0) }))

    // The reference's costs are sums of differences, of groups that are means of centroids.
    let merged = golden.ints("merged_\(name)")
    let order = members.indices.sorted {
      merged[places[members[$0][0] - 1]] < merged[places[members[$1][0] - 1]]
    }
    let means = order.map { group in
      units.row(0).indices.map { column in
        members[group].reduce(0) { $0 + found.centroids[$1 - 1][column] }
          / Double(members[group].count)
      }
    }
    let costs = (0..<1369).map { cell in
      means.map { mean in
        zip(units.row(cell), mean).reduce(0) { $0 + (Double($1.0) - $1.1).magnitude }
      }
    }
    if name == "threshold" {
      #expect(row("distances_threshold", costs.flatMap { $0 }, within: 1e-5))
    }
    let scores = Scores(
      size: Size(width: 37, height: 37), ids: means.indices.map { UInt8($0 + 1) },
      planes: Matrix(
        rows: means.count, columns: 1369,
        means.indices.flatMap { group in costs.map { Float(-$0[group]) } }))
    let grey = golden.floats("image")
    let refined = try DenseCRF.hrdv2(
      scores.probabilities(),
      guide: .color(Matrix(rows: 3, columns: 1369, grey + grey + grey)))
    let labels = Scores(size: refined.size, ids: refined.ids, planes: refined.planes).labels()
      .ids.map { Int($0) }
    #expect(isSame("refined_\(name)", labels))
    guard name == "4" else { return }
    let ids = Set(labels).sorted()
    let values = attention.pixels().map { $0[0] }
    let densities = ids.map { id in
      let inside = labels.indices.filter { labels[$0] == id }
      return inside.reduce(0.0) { $0 + values[$1] } / Double(inside.count)
    }
    #expect(row("densities_refined_4", densities, within: 1e-6))
    let mean = densities.reduce(0, +) / Double(densities.count)
    let foreground = labels.map { id in
      densities[ids.firstIndex(of: id) ?? 0] > mean ? 1 : 0
    }
    #expect(
      FixtureTable.row(
        "density_merge", "foreground_refined_4", foreground,
        equal: golden.ints("foreground_refined_4")))
  }
}
