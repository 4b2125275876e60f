import Analysis
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Synchronization
import Testing

@Suite("Parts of images") struct ClusterPartsTests {
  /// A third of the pixels, and their vectors.
  private func some(
    of field: FeatureField, _ seed: Int
  ) -> (mask: [Bool], rows: [[Double]]) {
    let rows = field.pixels()
    let mask = rows.indices.map { ($0 * 7 + seed) % 3 == 0 || $0 < field.shown.width }
    return (mask, rows.indices.filter { mask[$0] }.map { rows[$0] })
  }

  @Test(arguments: 1...12)
  func `Parts: clusters within a mask are those of its pixels alone`(seed: Int) throws {
    let fields = try [seed, seed + 20].map { try RandomField(seed: $0).field }
    let parts = fields.map { some(of: $0, seed) }
    let rows = parts.flatMap(\.rows)
    let start = (0..<4).map { rows[($0 * 2 + 1) * rows.count / 8] }
    let expected = lloyd(rows, from: start)
    let vectors = zip(fields, parts).map { PixelVectors($0).within($1.mask) }
    let found = try KMeans(clusters: 4, iterations: 1000, tolerance: 0).pixels(vectors, from: start)
    let inside = zip(found.images, parts).flatMap { image, part in
      image.ids.indices.filter { part.mask[$0] }.map { image.ids[$0] }
    }
    #expect(areSame(inside, ranked(expected.labels, 4)))
    for (image, part) in zip(found.images, parts) {
      #expect(image.ids.indices.allSatisfy { part.mask[$0] || image.ids[$0] == 0 })
    }
    #expect(found.counts.joined().reduce(0, +) == rows.count)
    #expect(abs(found.inertia / expected.inertia - 1) < 1e-4)
  }

  @Test(arguments: 1...6, [false, true])
  func `Parts: so are those of vectors of length one, and of ones with channels beside`(
    seed: Int, isUnit: Bool
  ) throws {
    let field = try RandomField(seed: seed).field
    let count = field.shown.width * field.shown.height
    var (mask, rows) = some(of: field, seed)
    var planes: Matrix?
    // Without their mean all vectors of length one are nearly the same.
    let mean = isUnit ? field.mean() : nil
    if let mean {
      rows = rows.map { row in
        let row = zip(row, mean.values).map { $0 - Double($1) }
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / length }
      }
    } else {
      let channel = (0..<count).map { Float($0 % 5) / 5 }
      planes = Matrix(rows: 1, columns: count, channel)
      let inside = (0..<count).filter { mask[$0] }
      rows = zip(rows, inside).map { $0 + [Double(channel[$1])] }
    }
    let start = (0..<3).map { rows[($0 * 2 + 1) * rows.count / 6] }
    let expected = lloyd(rows, from: start)
    let vectors = PixelVectors(field, centre: mean, isUnit: isUnit, planes: planes).within(mask)
    let found = try KMeans(clusters: 3, iterations: 1000, tolerance: 0).pixels(
      [vectors], from: start)
    let inside = (0..<count).filter { mask[$0] }.map { found.images[0].ids[$0] }
    #expect(areSame(inside, ranked(expected.labels, 3)))
    #expect(abs(found.inertia / expected.inertia - 1) < 1e-4)
  }

  @Test func `Parts: a mask of no pixel is refused`() throws {
    let field = try RandomField(seed: 3).field
    let mask = [Bool](repeating: false, count: field.shown.width * field.shown.height)
    #expect(throws: AnalysisError.noContrast) {
      try KMeans(clusters: 2)([PixelVectors(field).within(mask)])
    }
  }

  @Test(arguments: 1...4)
  func `KMeans: it tells how far it is, and never goes back`(seed: Int) throws {
    let told = Mutex<[Double]>([])
    let vectors = PixelVectors(try RandomField(seed: seed).field)
    let found = try KMeans(clusters: 9)(
      [vectors], report: { share in told.withLock { $0.append(share) } })
    let shares = told.withLock { $0 }
    #expect(shares.count == found.iterations && shares.last == 1)
    #expect(shares == shares.sorted() && shares.allSatisfy { (0...1).contains($0) })
    #expect(shares.dropLast().contains { $0 > 0 })
  }

  @Test(
    .enabled(if: Golden.have("sofc_518.safetensors")),
    .enabled(if: Golden.have("analysis/cosegmentation.safetensors")))
  func `Parts: labels and costs are the reference's`() throws {
    let (tokens, golden) = (
      try Golden.tokens(), try Golden("analysis/cosegmentation.safetensors")
    )
    var foreground = golden.ints("foreground")[...]
    var (whole, masks, cellsOf): ([PixelVectors], [[Bool]], [[Int]]) = ([], [], [])
    for columns in [0..<12, 12..<25, 25..<37] {
      let order = (0..<37).flatMap { row in columns.map { row * 37 + $0 } }
      let map = FeatureMap(
        grid: Grid(rows: 37, columns: columns.count), vectors: gather(order, of: tokens))
      let canvas = try #require(
        Canvas(Size(width: columns.count, height: 37), fit: .pad, patch: 1))
      whole.append(
        PixelVectors(
          FeatureField(
            canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .patches,
            views: [(.identity, 1, map)]), isUnit: true))
      cellsOf.append(order)
      masks.append(foreground.prefix(order.count).map { $0 > 0 })
      foreground = foreground.dropFirst(order.count)
    }
    let found = try KMeans(clusters: 4, iterations: 1000, tolerance: 0)(
      zip(whole, masks).map { $0.within($1) })
    let labels = golden.ints("part_labels")
    let inside = zip(found.images, masks).flatMap { image, mask in
      mask.indices.filter { mask[$0] }.map { image.ids[$0] }
    }
    #expect(FixtureTable.row("cosegmentation", "part_labels", inside, equal: ranked(labels, 4)))

    // The seeds among the foreground's vectors, image after image.
    let cells = zip(whole.indices, masks).flatMap { index, mask in
      mask.indices.filter { mask[$0] }.map { cellsOf[index][$0] }
    }
    var generator = CounterGenerator(seed: 0)
    let rows = WeightedRows(
      CellVectors(
        grid: Grid(rows: 1, columns: cells.count), vectors: gather(cells, of: tokens)
      ).unit.vectors)
    #expect(
      FixtureTable.row(
        "cosegmentation", "part_kpp", rows.seeds(4, from: &generator),
        equal: golden.ints("part_kpp")))

    // The reference's parts are in the order of their seeds, its costs less each row's largest.
    let order = ranked([0, 1, 2, 3] + labels, 4).prefix(4).map { Int($0) - 1 }
    let salient = golden.ints("salient")
    let centroids = golden.matrix("centroids")
    let background = (0..<10).filter { !salient.contains($0) }.map { cluster in
      centroids.row(cluster).map { Double($0) }
    }
    let costs = golden.doubles("part_unary")
    var (row, away) = (0, 0.0)
    for vectors in whole {
      let scores = vectors.scores(
        ofParts: order.map { found.centroids[$0] }, background: background, temperature: 1)
      #expect(scores.ids == [1, 2, 3, 4, 5])
      for pixel in 0..<scores.planes.columns {
        let own = (0..<5).map { -2 * Double(scores.planes[$0, pixel]) }
        let largest = own.max() ?? 0
        for plane in 0..<5 { away = max(away, abs(own[plane] - largest - costs[5 * row + plane])) }
        row += 1
      }
    }
    #expect(row == 1369)
    #expect(FixtureTable.row("cosegmentation", "part_unary", away, within: 1e-4))
  }
}
