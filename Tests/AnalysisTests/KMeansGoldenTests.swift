import Analysis
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

/// Compared with scikit-learn's answers for the tokens of a micrograph.
@Suite(
  "k-means, golden", .enabled(if: Golden.have("sofc_518.safetensors")),
  .enabled(if: Golden.have("analysis/kmeans.safetensors")))
struct KMeansGoldenTests {
  @Test func `WeightedRows: seeds are those of the written rule`() throws {
    let (tokens, golden) = (try Golden.tokens(), try Golden("analysis/kmeans.safetensors"))
    let rows = WeightedRows(tokens.unitRows)
    for (seed, k, name) in [
      (0, 8, "kpp_indices_k8_seed0"), (0, 80, "kpp_indices_k80_seed0"),
      (12345, 8, "kpp_indices_k8_seed12345"),
    ] as [(UInt64, Int, String)] {
      var generator = CounterGenerator(seed: seed)
      let seeds = rows.seeds(k, from: &generator)
      #expect(FixtureTable.row("kmeans", name, seeds, equal: golden.ints(name)))
    }
    let weighted = WeightedRows(
      tokens.unitRows, weights: golden.doubles("weighted_weights"))
    var generator = CounterGenerator(seed: 0)
    let name = "weighted_kpp_indices_k8_seed0"
    let seeds = weighted.seeds(8, from: &generator)
    #expect(FixtureTable.row("kmeans", name, seeds, equal: golden.ints(name)))
    let eight = golden.ints("kpp_indices_k8_seed0").map { row in
      rows.rows.row(row).map { Double($0) }
    }
    let potential = try rows.lloyd(from: eight, iterations: 1).inertia
    let away = abs(potential / golden.doubles("kpp_potential")[0] - 1)
    #expect(FixtureTable.row("kmeans", "kpp_potential", away, within: 1e-5))
    let uniforms = (0..<16).map { CounterGenerator(seed: 0)[UInt64($0)] }
    #expect(
      FixtureTable.row(
        "kmeans", "uniforms_seed0_first16", uniforms,
        equal: golden.doubles("uniforms_seed0_first16")))
  }

  @Test(arguments: ["l2", "raw", "weighted"])
  func `WeightedRows: labels and inertias are scikit-learn's`(name: String) throws {
    let (tokens, golden) = (try Golden.tokens(), try Golden("analysis/kmeans.safetensors"))
    let source = name == "raw" ? tokens : tokens.unitRows
    let rows = WeightedRows(
      source, weights: name == "weighted" ? golden.doubles("weighted_weights") : nil)
    let seeds = golden.ints("kpp_indices_k8_seed0")
    let found = try rows.lloyd(
      from: seeds.map { source.row($0).map { Double($0) } }, iterations: 300)
    #expect(found.hasConverged)
    #expect(
      FixtureTable.row(
        "kmeans", "\(name)_labels", found.labels, equal: golden.ints("\(name)_labels")))
    let inertia = golden.doubles("\(name)_inertia")[0]
    #expect(
      FixtureTable.row(
        "kmeans", "\(name)_inertia", abs(found.inertia / inertia - 1), within: 1e-5))
    let away = zip(found.centroids.flatMap { $0 }, golden.doubles("\(name)_centroids")).map {
      abs($0 - $1)
    }
    #expect(FixtureTable.row("kmeans", "\(name)_centroids", away.max() ?? 1, within: 1e-4))
    // The reference has none of the weighted cells.
    guard name != "weighted" else { return }
    let steps = zip(found.inertias, golden.doubles("\(name)_inertia_per_iteration")).map {
      abs($0 / $1 - 1)
    }
    #expect(
      FixtureTable.row(
        "kmeans", "\(name)_inertia_per_iteration", steps.max() ?? 1, within: 1e-5))
  }

  @Test(arguments: [false, true])
  func `KMeans: labels of all pixels are scikit-learn's of the materialised array`(
    isUnit: Bool
  ) throws {
    let name = isUnit ? "kmeans_pixels_l2" : "kmeans_pixels"
    let (tokens, golden) = (try Golden.tokens(), try Golden("analysis/\(name).safetensors"))
    let order = (10..<20).flatMap { row in (12..<24).map { row * 37 + $0 } }
    let map = FeatureMap(grid: Grid(rows: 10, columns: 12), vectors: gather(order, of: tokens))
    let canvas = try #require(Canvas(Size(width: 168, height: 140), fit: .pad, patch: 14))
    let field = FeatureField(
      canvas: canvas, patch: 14, stride: 14, upsampling: .bilinear, alignment: .patches,
      views: [(.identity, 1, map)])
    let centre = isUnit ? nil : field.mean()
    let vectors = PixelVectors(field, centre: centre, isUnit: isUnit)
    let cells = try Golden("analysis/kmeans_pixels.safetensors").ints("init_cells")
    let start = cells.map { cell in
      let row = isUnit ? map.vectors.unitRows.row(cell) : map.vectors.row(cell)
      return row.indices.map { Double(row[$0]) - Double(centre?[0, $0] ?? 0) }
    }
    let found = try KMeans(clusters: 5, iterations: 1000, tolerance: 0).pixels(
      [vectors], from: start)
    let labels = golden.ints("labels")
    #expect(FixtureTable.row(name, "labels", found.images[0].ids, equal: ranked(labels, 5)))
    let inertia = golden.doubles("inertia")[0]
    #expect(FixtureTable.row(name, "inertia", abs(found.inertia / inertia - 1), within: 1e-5))
    // The reference's clusters are in the order of their beginnings.
    let numbers = ranked([0, 1, 2, 3, 4] + labels, 5).prefix(5).map { Int($0) - 1 }
    let centroids = numbers.flatMap { place in
      found.centroids[place].indices.map {
        found.centroids[place][$0] + Double(centre?[0, $0] ?? 0)
      }
    }
    let away = zip(centroids, golden.doubles("centroids")).map { abs($0 - $1) }.max() ?? 1
    #expect(FixtureTable.row(name, "centroids", away, within: 1e-5))
    guard !isUnit else { return }
    let pixels = Double(field.shown.width * field.shown.height)
    let sums = zip(field.mean().values, golden.doubles("pixel_sum")).map {
      abs(Double($0) - $1 / pixels)
    }
    #expect(FixtureTable.row(name, "pixel_sum, a pixel", sums.max() ?? 1, within: 1e-5))
    let trace = field.meanSquare(about: Matrix(rows: 1, columns: 384)) * pixels
    let gram = abs(trace / golden.doubles("pixel_gram_trace")[0] - 1)
    #expect(FixtureTable.row(name, "pixel_gram_trace", gram, within: 1e-5))
    let grid = try WeightedRows(map.vectors).lloyd(
      from: cells.map { map.vectors.row($0).map { Double($0) } }, iterations: 300)
    #expect(
      FixtureTable.row(name, "grid_labels", grid.labels, equal: golden.ints("grid_labels")))
    let gridInertia = abs(grid.inertia / golden.doubles("grid_inertia")[0] - 1)
    #expect(FixtureTable.row(name, "grid_inertia", gridInertia, within: 1e-5))
    let gridAway = zip(grid.centroids.flatMap { $0 }, golden.doubles("grid_centroids")).map {
      abs($0 - $1)
    }
    #expect(FixtureTable.row(name, "grid_centroids", gridAway.max() ?? 1, within: 1e-5))
  }
}

@Suite(
  "Position, golden", .enabled(if: Golden.have("sofc_518.safetensors")),
  .enabled(if: Golden.have("analysis/bias.safetensors")))
struct PositionGoldenTests {
  @Test func `FeatureField: vectors without directions of position are the reference's`() throws {
    let (tokens, golden) = (try Golden.tokens(), try Golden("analysis/bias.safetensors"))
    let field = try FeatureField(ofCells: tokens)
    let found = field.without(golden.matrix("basis"))
    let pixels = MutableMatrix(rows: 74, columns: 384)
    found.rows(0..<2, into: pixels.all)
    let away = zip(pixels.values, golden.floats("projected_tokens_first64")).map { abs($0 - $1) }
    #expect(away.count == 64 * 384)
    #expect(
      FixtureTable.row("bias", "projected_tokens_first64", away.max() ?? 1, within: 1e-3))
  }
}
