package import Checkpoints
package import Encoders
import Foundation
package import Imaging
package import LinearAlgebra

/// FeatUp's joint bilateral upsampler: doublings with weights that a small network computes from
/// the image, then a layer over the channels.
///
/// Source: Fu et al. 2024 (FeatUp), §3.2; mhamilton723/FeatUp's `JBUStack`.
package struct FeatUp: Sendable {
  /// A norm over each vector's channels; published with it and without it.
  private let norm: Norm?
  private let doublings: [Doubling]
  /// The last layer, including its shortcut, `[dim, dim]`.
  private let mixing: Matrix
  /// Its bias, `[1, dim]`.
  private let bias: Matrix

  /// The factor of the learned correction.
  static let share: Float = 0.1

  /// The ε of the norm.
  ///
  /// Source: FeatUp's `ChannelNorm`.
  private static let epsilon: Float = 1e-5

  package init(
    _ weights: Weights, _ card: ModelCard.Upsampler, dim: Int
  ) throws(CheckpointError) {
    norm = try card.hasNorm ? Norm(weights["norm"], dim: dim, epsilon: FeatUp.epsilon) : nil
    var doublings: [Doubling] = []
    for index in 1...card.doublings {
      doublings.append(try Doubling(weights["up\(index)"]))
    }
    self.doublings = doublings
    let last = weights["fixup_proj"][1]
    let (weight, bias) = (
      try last.tensor("weight", [dim, dim, 1, 1]), try last.tensor("bias", [dim])
    )
    mixing = Tensor([dim, dim], of: [weight]) { parts in
      var mixing = parts[0].map { FeatUp.share * $0 }
      for row in 0..<dim { mixing[row * dim + row] += 1 }
      return mixing
    }.matrix()
    self.bias = Tensor([dim], of: [bias]) { $0[0].map { FeatUp.share * $0 } }.matrix(rows: 1)
  }

  /// The upsampling weights of an image for maps of a grid.
  package func upsampling(
    of image: InputPlanes, _ grid: Grid, on workers: ThreadPool
  ) -> GuidedUpsampling {
    var (fine, steps): (Grid, [GuidedUpsampling.Step]) = (grid, [])
    for doubling in doublings {
      fine = fine.doubled
      steps.append(doubling.step(guidedBy: image.pooled(to: fine), fine, on: workers))
    }
    return GuidedUpsampling(of: grid, steps)
  }

  /// A map with the upsampling weights of its image; four doublings give `[256 · grid, dim]`.
  ///
  /// The layer over the channels comes first, where there are fewest vectors; its bias comes last,
  /// because the weights between do not sum to one.
  package func guided(
    _ map: FeatureMap, by image: InputPlanes, on workers: ThreadPool
  ) -> GuidedMap {
    var vectors = map.vectors
    if let norm {
      let normed = MutableMatrix(rows: map.vectors.rows, columns: map.dim)
      norm(map.vectors.all, into: normed.all)
      vectors = normed.frozen()
    }
    let mixed = MutableMatrix(rows: vectors.rows, columns: map.dim)
    multiply(vectors.all, transposed: mixing.all, into: mixed.all)
    return GuidedMap(
      map: FeatureMap(grid: map.grid, vectors: mixed.frozen()),
      upsampling: upsampling(of: image, map.grid, on: workers), constant: bias.values)
  }
}

extension MatrixView {
  /// A grid's vectors with three more on every side, mirrored at the outermost.
  fileprivate func reflected(_ grid: Grid) -> Matrix {
    let margin = GuidedUpsampling.side / 2
    let across = grid.columns + 2 * margin
    let padded = MutableMatrix(rows: (grid.rows + 2 * margin) * across, columns: columns)
    for place in 0..<padded.rows {
      let row = mirrored(place / across - margin, in: grid.rows)
      let column = mirrored(place % across - margin, in: grid.columns)
      let source = row * grid.columns + column
      padded[rows: place..<place + 1].copy(self[rows: source..<source + 1])
    }
    return padded.frozen()
  }
}

/// One doubling's network, from three colours to the weights of 7 × 7 neighbours.
///
/// Source: FeatUp's `JBULearnedRange`.
struct Doubling: Sendable {
  /// Dimension of the vectors by which neighbours are compared.
  private static let keys = 32

  private let temperature: Float
  /// The weights by distance alone, `[1, taps]`.
  private let spatial: [Float]
  private let rangeProj: (PackedLayer, PackedLayer)
  private let fixupProj: (PackedLayer, PackedLayer)

  init(_ weights: Weights) throws(CheckpointError) {
    let (side, taps, keys) = (GuidedUpsampling.side, GuidedUpsampling.taps, Doubling.keys)
    let logarithm = try weights.scalar("range_temp")
    temperature = min(max(exp(logarithm), 1e-4), 1e4)
    let sigma = try weights.scalar("sigma_spatial")
    spatial = (0..<taps).map { tap in
      let (y, x) = (Float(tap / side) / 3 - 1, Float(tap % side) / 3 - 1)
      return exp(-(x * x + y * y) / (2 * sigma * sigma))
    }
    let (range, fixup) = (weights["range_proj"], weights["fixup_proj"])
    rangeProj = (
      try range[0].pointwise(from: 3, to: keys, end: .gelu),
      try range[3].pointwise(from: keys, to: keys, end: .bias)
    )
    fixupProj = (
      try fixup[0].pointwise(from: taps + 3, to: taps, end: .gelu),
      try fixup[3].pointwise(
        from: taps, to: taps,
        end: .residual(
          scale: Matrix(rows: 1, columns: taps, Array(repeating: FeatUp.share, count: taps))))
    )
  }

  /// The weights for a grid, from as many colours, `[grid, 3]`.
  func step(guidedBy guidance: Matrix, _ grid: Grid, on workers: ThreadPool)
    -> GuidedUpsampling.Step
  {
    let taps = GuidedUpsampling.taps
    let projected = MutableMatrix(rows: grid.count, columns: Doubling.keys)
    apply(rangeProj, guidance.all, into: projected.all)
    let padded = projected.view.reflected(grid)
    let weights = MutableMatrix(rows: grid.count, columns: taps)
    workers.forEach(grid.rows) { [self] y, _ in
      let described = MutableMatrix(rows: grid.columns, columns: taps + 3)
      let row = y * grid.columns..<(y + 1) * grid.columns
      for x in 0..<grid.columns {
        let cell = row.lowerBound + x
        compare(projected.view[rows: cell..<cell + 1], y, x, padded, grid, into: weights, cell)
      }
      RowKernels.current.softmax(weights[rows: row])
      for cell in row { weigh(weights, cell) }
      described[rows: 0..<grid.columns, columns: 0..<taps].copy(weights.view[rows: row])
      described[rows: 0..<grid.columns, columns: taps..<taps + 3].copy(guidance[rows: row])
      apply(fixupProj, described.view, into: weights[rows: row])
    }
    return GuidedUpsampling.Step(grid: grid, weights: weights.frozen())
  }

  /// Computes the products of a cell's vector with its neighbours', times the temperature.
  private func compare(
    _ centre: MatrixView, _ y: Int, _ x: Int, _ padded: Matrix, _ grid: Grid,
    into weights: MutableMatrix, _ cell: Int
  ) {
    let side = GuidedUpsampling.side
    for i in 0..<side {
      let start = (y + i) * (grid.columns + side - 1) + x
      multiply(
        centre, transposed: padded[rows: start..<start + side],
        into: weights[rows: cell..<cell + 1, columns: i * side..<(i + 1) * side],
        scale: temperature)
    }
  }

  /// Multiplies range and distance weights, normalised to sum to one.
  private func weigh(_ weights: MutableMatrix, _ cell: Int) {
    var sum: Float = 0
    for tap in spatial.indices {
      weights[cell, tap] *= spatial[tap]
      sum += weights[cell, tap]
    }
    for tap in spatial.indices { weights[cell, tap] /= max(sum, 1e-7) }
  }

  private func apply(
    _ layers: (PackedLayer, PackedLayer), _ x: MatrixView, into y: MutableMatrixView
  ) {
    let inner = MutableMatrix(rows: x.rows, columns: layers.0.outputs)
    let scratch = EncoderKernels.current.scratch(
      rows: x.rows, inputs: max(layers.0.inputs, layers.1.inputs), .float32)
    layers.0(x, into: inner.all, .float32, scratch: scratch)
    layers.1(inner.view, into: y, .float32, scratch: scratch)
  }
}

extension Weights {
  /// A pointwise (1 × 1) convolution.
  fileprivate func pointwise(
    from input: Int, to output: Int, end: PackedLayer.End
  ) throws(CheckpointError) -> PackedLayer {
    PackedLayer(
      try tensor("weight", [output, input, 1, 1]), bias: try tensor("bias", [output]), end: end)
  }
}

extension InputPlanes {
  /// The mean colour of each cell of a grid, `[grid, 3]`; cells that share a pixel both include it.
  ///
  /// Source: `torch.nn.functional.adaptive_avg_pool2d`.
  fileprivate func pooled(to grid: Grid) -> Matrix {
    let pooled = MutableMatrix(rows: grid.count, columns: 3)
    func span(_ index: Int, _ length: Int, _ count: Int) -> Range<Int> {
      index * length / count..<((index + 1) * length + count - 1) / count
    }
    for cell in 0..<grid.count {
      let rows = span(cell / grid.columns, size.height, grid.rows)
      let columns = span(cell % grid.columns, size.width, grid.columns)
      for channel in 0..<3 {
        var sum = 0.0
        for row in rows {
          let start = (channel * size.height + row) * size.width
          for column in columns { sum += Double(values[start + column]) }
        }
        pooled[cell, channel] = Float(sum / Double(rows.count * columns.count))
      }
    }
    return pooled.frozen()
  }
}
