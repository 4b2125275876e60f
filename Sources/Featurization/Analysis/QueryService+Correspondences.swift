import Analysis
import Encoders
import Fields
package import Files
import Imaging
import LinearAlgebra
package import Scheduling

/// Which places of two fields are to be matched, and how.
package struct MatchRequest: Sendable, Hashable {
  package let a: Digest
  package let b: Digest
  /// Most pairs of the answer.
  package let pairs: Int
  /// Whether each image's mean is taken away first.
  package let isCentred: Bool
  /// Directions of position that are taken away.
  package let debias: Int

  package static let pairBounds = 1...10_000
  package static let usualPairs = 20
  package static let usualDebias = 16
  package static let debiasBounds = 0...PositionBasis.most
  /// Most cells of an image; more are averaged first.
  static let mostCells = 1 << 16

  package init(
    a: Digest, b: Digest, pairs: Int = usualPairs, isCentred: Bool = true,
    debias: Int = usualDebias
  ) {
    precondition(
      MatchRequest.pairBounds.contains(pairs) && MatchRequest.debiasBounds.contains(debias),
      "\(pairs) pairs, \(debias) directions")
    (self.a, self.b, self.pairs) = (a, b, pairs)
    (self.isCentred, self.debias) = (isCentred, debias)
  }
}

/// Places of two fields that show the same.
package struct MatchListing: Sendable, Encodable {
  package struct Pair: Sendable, Encodable {
    /// x and y in continuous pixels of the first field, and of the second.
    package let a: [Double]
    package let b: [Double]
    package let cosine: Float
  }

  package let a: String
  package let b: String
  /// The cells of each that were compared, and those that were each other's nearest.
  package let cells: [Int]
  package let mutual: Int
  /// By descending cosine.
  package let pairs: [Pair]
}

extension QueryService {
  /// The places of two fields that are each other's nearest, the best of each group of like ones.
  ///
  /// The first views are compared, cell by cell; the second place is then refined to the pixel. Throws
  /// `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  package func correspondences(
    _ request: MatchRequest, for owner: Owner = .anonymous
  ) async throws -> MatchListing {
    let a = try await matched(request.a, request, owner)
    let b = try await matched(request.b, request, owner)
    let differences = b.record.matchDifferences(from: a.record)
    guard differences.isEmpty else { throw FeaturizationError.unlikeFields(differences) }
    guard a.image.encoded.hasContrast, b.image.encoded.hasContrast else {
      throw FeaturizationError.analysis(.noContrast)
    }
    let (rows, columns) = (a.image.encoded.encodings[0].grid, b.image.encoded.encodings[0].grid)
    let bytes =
      16 * (rows.count + columns.count) * a.image.encoded.dim + 8 * 256 * 4096 * threads.count
      + a.image.encoded.bytesWidened + b.image.encoded.bytesWidened
    return try await cancellably(bytes, owner) { [threads] shouldStop in
      let first = MatchedCells(a.image, isCentred: request.isCentred, workers: threads)
      let second = MatchedCells(b.image, isCentred: request.isCentred, workers: threads)
      let found = try Correspondences(
        first.cells, second.cells, workers: threads, shouldStop: shouldStop)
      let choice = try Correspondences.choice(
        of: request.pairs, among: found.pairs, of: first.cells, second.cells,
        by: found.pairs.map(\.cosine), workers: threads, shouldStop: shouldStop)
      let best = choice.chosen.map { found.pairs[$0] }
        .sorted { (-$0.cosine, $0.a) < (-$1.cosine, $1.a) }
      let team: ThreadPool? = threads
      let places = team.map(best.count) { index, _ in
        shouldStop()
          ? nil : second.refined(best[index].b, like: first.cells.vectors.row(best[index].a))
      }
      guard !shouldStop() else { throw CancellationError() }
      return MatchListing(
        a: request.a.description, b: request.b.description,
        cells: [first.cells.grid.count, second.cells.grid.count], mutual: found.pairs.count,
        pairs: zip(best, places).map { pair, place in
          MatchListing.Pair(
            a: first.centre(of: pair.a), b: place ?? second.centre(of: pair.b),
            cosine: max(-1, min(1, pair.cosine)))
        })
    }
  }

  private func matched(
    _ id: Digest, _ request: MatchRequest, _ owner: Owner
  ) async throws -> (record: FieldRecord, image: FieldImage) {
    let record = try await fields.record(of: id)
    guard let card = fields.models.card(named: record.request.model) else {
      throw FeaturizationError.fieldGone(id)
    }
    let asked = try fields.request(
      [("grid", "patch")], among: [.features], of: record, card: card)
    let source = FieldSource(
      record: record.with(request: asked.field), image: .kept(record.image), plan: nil)
    let query = Query(asked, of: source, base: record, nil, for: owner, WorkProgress(), by: self)
    return (record, try await query.image(debias: request.debias))
  }
}

extension FieldRecord {
  /// What makes another field's vectors unlike this one's.
  fileprivate func matchDifferences(from other: FieldRecord) -> [OptionDifference] {
    func facts(_ record: FieldRecord) -> [(String, String)] {
      let options = record.request.encodeOptions
      return [
        ("model", record.request.model), ("weights", record.weights),
        ("layer", options.blocks.map { "\($0)" }.joined(separator: ",")),
        ("facet", options.facet.rawValue),
      ]
    }
    return zip(facts(self), facts(other)).filter { $0.1 != $1.1 }.map {
      OptionDifference(name: $0.0, wanted: $1.1, found: $0.1)
    }
  }
}

/// The cells of an image's first view whose centres it shows, and where these are.
private struct MatchedCells: Sendable {
  let cells: CellVectors
  private let field: FeatureField
  private let mean: [Float]
  private let patch: Int
  private let stride: Int
  /// Cells along each side of one that was averaged.
  private let side: Int

  init(_ image: FieldImage, isCentred: Bool, workers: ThreadPool) {
    let (patch, stride) = (image.encoded.patch, image.request.encodeOptions.stride)
    let shown = image.encoded.canvas.shown
    let map = image.features(.patch, workers: workers).terms[0].map.widened
    let (grid, vectors) = (image.encoded.encodings[0].grid, map.vectors)
    let rows = (0..<grid.rows).count { $0 * stride + patch / 2 < shown.height }
    let columns = (0..<grid.columns).count { $0 * stride + patch / 2 < shown.width }
    let seen = (0..<max(rows, 1)).flatMap { row in
      (0..<max(columns, 1)).map { row * grid.columns + $0 }
    }
    let shownCells = CellVectors(
      grid: Grid(rows: max(rows, 1), columns: max(columns, 1)), vectors: gather(seen, of: vectors))
    let (averaged, side) = shownCells.averaged(atMost: MatchRequest.mostCells)
    (self.patch, self.stride, self.side) = (patch, stride, side)
    mean =
      isCentred
      ? averaged.mean : [Float](repeating: 0, count: vectors.columns)
    cells = isCentred ? averaged.centred : averaged
    field = image.features(.pixel, workers: workers)
  }

  /// The continuous pixel in the middle of a cell, x and y.
  func centre(of cell: Int) -> [Double] {
    func place(_ index: Int) -> Double {
      (Double(index * side) + Double(side - 1) / 2) * Double(stride) + Double(patch) / 2
    }
    return [place(cell % cells.grid.columns), place(cell / cells.grid.columns)]
  }

  /// The middle of the pixel nearest to a vector by its cosine, at most a stride from a cell's centre.
  func refined(_ cell: Int, like vector: [Float]) -> [Double] {
    let middle = centre(of: cell)
    let reach = stride * side
    func range(_ middle: Double, _ length: Int) -> Range<Int> {
      (Int(middle) - reach..<Int(middle) + reach + 1).clamped(to: 0..<length)
    }
    let (columns, rows) = (
      range(middle[0], field.shown.width), range(middle[1], field.shown.height)
    )
    let pixels = MutableMatrix(rows: rows.count * columns.count, columns: field.dim)
    field.region(rows: rows, columns: columns, into: pixels.all)
    RowKernels.current.combine(
      [pixels.view], weights: [1], centre: Matrix(rows: 1, columns: mean.count, mean),
      into: pixels.all)
    RowKernels.current.normalise(pixels.all)
    let products = ScoreKernels.current.products(
      pixels.view, by: vector.map { Double($0) }, bias: [0])
    var best = 0
    for place in products.indices where products[place] > products[best] { best = place }
    return [
      Double(columns.lowerBound + best % columns.count) + 0.5,
      Double(rows.lowerBound + best / columns.count) + 0.5,
    ]
  }
}
