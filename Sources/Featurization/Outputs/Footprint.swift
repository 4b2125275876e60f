import Encoders
import Imaging
import LinearAlgebra

/// The bytes of memory that one answer holds beside the encodings.
///
/// They are grids computed for it, a copy of them side by side where their vectors are narrow, and
/// the pieces made of these.
struct Footprint {
  private let image: FieldImage
  /// Dimensions of each vector that is read.
  private let dims: Int
  /// Dimensions of the grids computed for it; 0 where it reads existing ones.
  private let made: Int
  private let readsVectors: Bool

  init(_ image: FieldImage, dims: Int, made: Int, readsVectors: Bool = true) {
    self.image = image
    self.dims = dims
    self.made = made
    self.readsVectors = readsVectors
  }

  /// Cells of a guided map in memory at a time, over all doublings and threads.
  private static let cellsAtOnce = 1 << 17

  /// Bytes per pixel where all are computed before sending: values, levels, colours, file.
  private static let wholeBytes = 20

  /// Bytes where the answer is sent in pieces.
  func streamed(as format: FeatureRequest.Format, _ grid: Places.Grid) -> Int {
    let shown = image.encoded.size(of: grid)
    let piece =
      format == .tiff
      ? max(ChunkedArray.planes * ChunkedArray.piece, 4 * shown.width * shown.height)
      : max(ChunkedArray.piece, 4 * shown.width * dims)
    // A piece and the values that it is encoded from.
    return grids + 2 * ArrayStream.ahead * piece
  }

  /// Bytes where the whole answer is computed before it is sent.
  func whole(_ grid: Places.Grid) -> Int {
    let shown = image.encoded.size(of: grid)
    return grids + Footprint.wholeBytes * shown.width * shown.height
  }

  private var grids: Int {
    let cells = image.encoded.encodings.reduce(0) { $0 + $1.grid.count }
    var bytes = 8 * cells * made
    if readsVectors { bytes += image.encoded.bytesWhenRead }
    if let guided = image.guided { bytes += guided.bytes + Footprint.cellsAtOnce * 4 * dims }
    return bytes
  }
}
