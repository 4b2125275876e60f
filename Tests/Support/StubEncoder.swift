package import Encoders
package import Imaging
package import LinearAlgebra

/// An encoder without weights, whose vectors tell what lies in each patch of a view.
///
/// Of a patch it keeps the means of red, green and blue, red's top-left sample, and red's mean
/// weighted by column and by row: the first three do not change when the patch is turned or
/// flipped, the others do. Several blocks lie side by side. The class token is the mean of all patches; the class attention's two
/// heads are the first and the fourth value, plus the number of the kind. A facet that is no token
/// is the negative, and an earlier block halves what the next one says. A card of a smaller dim has
/// the first of these values. Class k's logit is the class token's value k, and what is hidden is
/// painted in white. Its upsampler doubles every value, adds a constant, and weighs neighbours by
/// how red the image is at the cell.
package struct StubEncoder: Autoencoder, GuidedEncoder {
  package static let dim = 6
  package static let heads = 2

  package let card: ModelCard
  /// Floating-point operations that each patch is said to cost.
  package let operationsPerPatch: Double
  /// What every block of every view passes.
  package let gate: Gate
  private let workers: ThreadPool?

  /// Without `workers`, views are encoded one after another.
  package init(
    card: ModelCard = .stub(), operationsPerPatch: Double = 1e6, gate: Gate = Gate(isOpen: true),
    workers: ThreadPool? = nil
  ) {
    self.workers = workers
    self.card = card
    self.operationsPerPatch = operationsPerPatch
    self.gate = gate
  }

  package func cost(of grid: Grid, views: Int, _ options: EncodeOptions) -> EncodingCost {
    let operations = operationsPerPatch * Double(grid.count * views)
    let underWay = min(views, workers.members)
    return EncodingCost(
      operations: operations, seconds: operations / 80e9,
      bytes: 1000 * Double(grid.count * underWay))
  }

  package func encode(_ batch: EncodingBatch, progress: WorkProgress) throws -> [Encoding] {
    let (image, views, options) = (batch.image, batch.views, batch.options)
    progress.expect(views.count * (options.block + 1))
    let encodings = Box<[Int: Encoding]>([:])
    workers.forEach(views.count) { index, _ in
      for _ in 0...options.block {
        guard !progress.isCancelled else { return }
        gate.pass()
        progress.advance()
      }
      let encoding = encode(image, views[index], options)
      encodings.update { $0[index] = encoding }
    }
    let all = encodings.value
    let present = views.indices.compactMap { all[$0] }
    guard present.count == views.count else { throw CancellationError() }
    return present
  }

  private func encode(_ image: InputPlanes, _ view: View, _ options: EncodeOptions) -> Encoding {
    let stride = options.stride
    let sign: Float = options.facet == .token ? 1 : -1
    let factors = options.blocks.map { block in
      (block..<card.depth - 1).reduce(sign) { half, _ in half / 2 }
    }
    let seen = view.size(of: image.size)
    let grid = Grid(of: seen, patch: card.patch, stride: stride)
    let picture = Seen(image, view)
    let vectors = MutableMatrix(rows: grid.count, columns: factors.count * card.dim)
    let kinds = ClassAttention.Kind.allCases.count
    let attention = MutableMatrix(rows: grid.count, columns: kinds * StubEncoder.heads)
    for patch in 0..<grid.count {
      let (top, left) = (patch / grid.columns * stride, patch % grid.columns * stride)
      let vector = picture.vector(top: top, left: left, side: card.patch)
      for k in 0..<vectors.columns {
        vectors[patch, k] = factors[k / card.dim] * vector[k % card.dim]
      }
      for kind in 0..<kinds {
        attention[patch, 2 * kind] = vector[0] + Float(kind)
        attention[patch, 2 * kind + 1] = vector[3] + Float(kind)
      }
    }
    let token = (0..<vectors.columns).map { k in
      (0..<grid.count).reduce(Float(0)) { $0 + vectors[$1, k] } / Float(grid.count)
    }
    return Encoding(
      patches: FeatureMap(grid: grid, vectors: vectors.frozen()), classToken: token,
      classAttention: ClassAttention(grid: grid, values: attention.frozen()),
      logits: card.head.map { head in (0..<head.classes).map { token[$0 % card.dim] } })
  }

  package func units(of size: Size) -> Grid {
    Grid(of: size, patch: card.patch, stride: card.patch)
  }

  package func reconstruct(
    _ image: InputPlanes, hidden: [Bool], progress: WorkProgress
  ) throws -> Reconstruction? {
    guard let decoder = card.decoder else { return nil }
    progress.expect(1)
    gate.pass()
    guard !progress.isCancelled else { throw CancellationError() }
    progress.advance()
    let cells = units(of: image.size)
    let (side, picture) = (card.patch, Seen(image, .identity))
    let values = (0..<cells.count).flatMap { cell in
      (0..<3 * side * side).map { index in
        picture[
          index / (side * side), cell / cells.columns * side + index % (side * side) / side,
          cell % cells.columns * side + index % side]
      }
    }
    let columns = 3 * side * side
    return Reconstruction(
      size: image.size, side: side, cells: cells, hidden: hidden,
      predicted: Matrix(
        rows: cells.count, columns: columns,
        Array(repeating: 1, count: cells.count * columns)),
      target: Matrix(rows: cells.count, columns: columns, values),
      isNormalised: decoder.normalisedPixels)
  }
}

extension StubEncoder {
  package func guided(_ map: FeatureMap, by image: InputPlanes) -> GuidedMap {
    var (fine, steps): (Grid, [GuidedUpsampling.Step]) = (map.grid, [])
    for _ in 0..<(card.upsampler?.doublings ?? 0) {
      fine = fine.doubled
      let weights = MutableMatrix(rows: fine.count, columns: GuidedUpsampling.taps)
      for cell in 0..<fine.count {
        let (y, x) = (
          cell / fine.columns * image.size.height / fine.rows,
          cell % fine.columns * image.size.width / fine.columns
        )
        let red = image.values[y * image.size.width + x]
        for tap in 0..<GuidedUpsampling.taps {
          weights[cell, tap] = red * Float(tap % 5) / 50 + (tap == 24 ? 0.8 : 0)
        }
      }
      steps.append(GuidedUpsampling.Step(grid: fine, weights: weights.frozen()))
    }
    let vectors = Matrix(
      rows: map.grid.count, columns: map.dim, map.vectors.values.map { 2 * $0 })
    return GuidedMap(
      map: FeatureMap(grid: map.grid, vectors: vectors),
      upsampling: GuidedUpsampling(of: map.grid, steps),
      constant: (0..<map.dim).map { Float($0) / 10 })
  }
}

/// An image under a view.
private struct Seen {
  let image: InputPlanes
  let view: View
  let rows: [Int]
  let columns: [Int]

  init(_ image: InputPlanes, _ view: View) {
    self.image = image
    self.view = view
    rows = view.sourceRows(image.size.height)
    columns = view.sourceColumns(image.size.width)
  }

  subscript(channel: Int, y: Int, x: Int) -> Float {
    let (row, column) = view.isTransposed ? (rows[x], columns[y]) : (rows[y], columns[x])
    let (width, area) = (image.size.width, image.size.width * image.size.height)
    return image.values[channel * area + row * width + column]
  }

  func vector(top: Int, left: Int, side: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: StubEncoder.dim)
    for y in 0..<side {
      for x in 0..<side {
        for channel in 0..<3 { sums[channel] += Double(self[channel, top + y, left + x]) }
        let red = Double(self[0, top + y, left + x])
        sums[4] += red * Double(x)
        sums[5] += red * Double(y)
      }
    }
    var vector = sums.map { Float($0 / Double(side * side)) }
    vector[3] = self[0, top, left]
    return vector
  }
}

extension ModelCard {
  /// A card for a `StubEncoder`, which leaves intensities as they are.
  package static func stub(
    name: String = "stub14", patch: Int = 14, depth: Int = 3, dim: Int = StubEncoder.dim,
    head: ModelCard.Head? = ModelCard.Head(classes: 4),
    decoder: ModelCard.Decoder? = ModelCard.Decoder(
      dim: 4, depth: 1, heads: 1, hidden: 4, normalisedPixels: false, pixelOrder: .planar,
      maskRatio: 0.75),
    upsampler: ModelCard.Upsampler? = nil
  ) -> ModelCard {
    ModelCard(
      name: name, family: .dinov2, title: "A stub", source: "the tests", licence: "none",
      file: "\(name).safetensors", sha256: nil, patch: patch, dim: dim, depth: depth,
      heads: StubEncoder.heads, hidden: 4, registers: 0, feedForward: .mlp, epsilon: 1e-6,
      positions: .offset, positionGrid: 4, head: head, decoder: decoder,
      upsampler: upsampler, mean: [0, 0, 0], std: [1, 1, 1])
  }
}
