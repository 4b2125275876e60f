package import Checkpoints
package import Encoders
package import Imaging
package import LinearAlgebra

/// A masked autoencoder: a vision transformer, and a decoder of the hidden patches.
///
/// Source: He et al. 2022, fig. 1; facebookresearch/mae.
package struct MAE: CPUAutoencoder, ViTBased {
  let encoder: ViT
  /// The decoder; `nil` where the file has the encoder alone.
  private let decoder: PixelDecoder?

  package init(_ weights: Weights, card: ModelCard) throws(CheckpointError) {
    encoder = try ViT(weights, card: card)
    decoder =
      if let decoder = card.decoder {
        try PixelDecoder(
          weights, decoder, from: card.dim, side: card.patch, prefix: 1,
          grid: Grid(rows: card.positionGrid, columns: card.positionGrid),
          rule: card.positions, epsilon: card.epsilon)
      } else {
        nil
      }
  }

  package func units(of size: Size) -> Grid {
    Grid(of: size, patch: card.patch, stride: card.patch)
  }

  package func reconstruct(
    _ image: InputPlanes, hidden: [Bool], on workers: ThreadPool, progress: WorkProgress
  ) throws -> Reconstruction? {
    guard let decoder else { return nil }
    progress.expect(card.depth + decoder.depth)
    let shown = hidden.indices.filter { !hidden[$0] }
    guard let latent = encoder.latent(image, shown: shown, on: workers, progress),
      let reconstruction = decoder(latent, shown: shown, of: image, on: workers, progress)
    else { throw CancellationError() }
    return reconstruction
  }
}

extension ViT {
  /// Encodes the class token and the shown patches only, `[prefix + shown, dim]`; `nil` when
  /// cancelled.
  ///
  /// The result is after the final norm.
  fileprivate func latent(
    _ image: InputPlanes, shown: [Int], on workers: ThreadPool, _ progress: WorkProgress
  ) -> Matrix? {
    let grid = Grid(of: image.size, patch: card.patch, stride: card.patch)
    let team = EncoderWorkers(
      workers, for: transformer.configuration, pixels: patchEmbedding.proj.inputs, .float32,
      progress)
    let patches = positions.added(to: grid, of: image.size, dim: card.dim)
    let reader = patchEmbedding.reader(of: .identity, in: image.size, stride: card.patch)
    let planes = image.planes
    team.forEachBlock(of: grid.count) { rows, scratch in
      patchEmbedding(
        rows, from: reader, of: planes, into: patches[rows: rows], team.precision, scratch)
    }
    let seen = gather(shown, of: patches.view)
    let state = Activations(
      tokens: prefix.rows + seen.rows, transformer.configuration, team.precision)
    let isDone = transformer(state, through: card.depth - 1, by: team) { rows, _ in
      let before = rows.clamped(to: 0..<prefix.rows)
      let after = rows.clamped(to: prefix.rows..<state.x.rows)
      state.x[rows: before].copy(prefix[rows: before])
      state.x[rows: after].copy(
        seen[rows: after.lowerBound - prefix.rows..<after.upperBound - prefix.rows])
    }
    guard isDone else { return nil }
    let latent = MutableMatrix(rows: state.x.rows, columns: card.dim)
    transformer.norm(state.x.view, into: latent.all)
    return latent.frozen()
  }
}
