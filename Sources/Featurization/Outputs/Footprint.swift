import Encoders
import Imaging
import LinearAlgebra

/// The bytes of memory that one answer holds beside the encodings.
///
/// They are grids computed for it, a copy of them side by side where their vectors are narrow, and
/// the pieces made of these.
struct Footprint {
  /// Bytes that an answer needs, by time.
  struct Bytes: Sendable, Hashable {
    /// While it is computed, beyond what is kept.
    var making = 0
    /// Until the client has received all of it.
    var kept = 0
    /// Whether the encodings are read until then.
    var readsLater = false
  }

  private let image: FieldImage
  /// Dimensions of each vector that is read.
  private let dims: Int
  /// Dimensions of the grids computed for it; 0 where it reads existing ones.
  private let made: Int

  init(_ image: FieldImage, dims: Int, made: Int) {
    self.image = image
    self.dims = dims
    self.made = made
  }

  /// Cells of a guided map in memory at a time, over all doublings and threads.
  private static let cellsAtOnce = 1 << 17

  /// Bytes per pixel where all are computed before sending: values, levels, colours.
  private static let wholeBytes = 20

  /// The largest number of bytes per pixel in the file that is then sent.
  private static let fileBytes = 4

  /// Bytes where the answer is sent in pieces; these have reservations of their own.
  func streamed(at selection: Selection) -> Bytes {
    var samples = 0
    if case .points(let points) = selection {
      samples = Footprint.bytes(ofSample: points.count, dims: dims)
    }
    return Bytes(making: cells, kept: grids + samples, readsLater: true)
  }

  /// Bytes of the vectors at so many points that are computed before they are sent.
  static func bytes(ofSample points: Int, dims: Int) -> Int {
    let vectors = min(4 * points * dims, OutputEncoder.sampleBytes)
    return 2 * vectors + points * MemoryLayout<Selection.Point>.stride * 2
  }

  /// Bytes where the whole answer is computed before it is sent.
  func whole(_ grid: Places.Grid) -> Bytes {
    let shown = image.encoded.size(of: grid)
    let area = shown.width * shown.height
    return Bytes(
      making: grids + cells + Footprint.wholeBytes * area, kept: Footprint.fileBytes * area)
  }

  /// Bytes of the grids, and of an upsampler's weights.
  private var grids: Int {
    8 * image.cells * made + image.bytesWhenRead + (image.guided?.bytes ?? 0)
  }

  /// Bytes of a guided map's cells.
  private var cells: Int { image.guided == nil ? 0 : Footprint.cellsAtOnce * 4 * dims }
}
