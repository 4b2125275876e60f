import Encoders
import Imaging
import LinearAlgebra

extension FeatureRequest {
  /// Bytes of memory that one answer holds beside the encodings: the grids made for it, in their
  /// own order and in the field's, and what is made of them at a time.
  func bytes(of image: EncodedImage, _ precomputed: RenderedOutput.Precomputed) -> Int {
    let cells = image.encodings.reduce(0) { $0 + $1.grid.count }
    let (own, dim) = dims(of: image, precomputed)
    var read = output == .attention || output == .cls ? 0 : image.bytesWhenRead
    if let guided = precomputed.guided {
      read += guided.bytes + FeatureRequest.cellsAtOnce * 4 * dim
    }
    let shown = grid == .patch ? image.patchSize : image.canvas.shown
    let area = shown.width * shown.height
    switch output {
    case .cls: return 4 * dim
    case .ownLogits: return 64 * image.logits.count
    case .features, .pca, .attention, .logits, .probabilities:
      if format == .png { break }
      let piece =
        format == .tiff
        ? max(ChunkedArray.planes * ChunkedArray.piece, 4 * area)
        : max(ChunkedArray.piece, 4 * shown.width * dim)
      // A piece and the values that it is written from.
      return read + 8 * cells * own + 2 * ArrayStream.ahead * piece
    case .labels, .foreground, .similarity, .reconstruction: break
    }
    return read + 8 * cells * own + FeatureRequest.wholeBytes * area
  }

  /// Cells of a guided map that are made at a time, of all doublings and by all who make them.
  private static let cellsAtOnce = 1 << 17

  /// Bytes of a pixel where all are made before the first goes out: values, levels, colours, file.
  private static let wholeBytes = 20

  /// The dims of the grids that are made for it, and of each vector that is read.
  private func dims(of image: EncodedImage, _ precomputed: RenderedOutput.Precomputed) -> (
    own: Int, read: Int
  ) {
    if let made = components ?? precomputed.map?.weight.rows { return (made, made) }
    switch output {
    case .attention:
      let heads = image.encodings[0].classAttention.heads
      return (heads + 1, heads)
    case .similarity: return (1, 1)
    default: return (0, image.dim)
    }
  }
}
