package import Imaging
import LinearAlgebra

/// The grey levels that classical features are made of, 0…255, `[height, width]`.
package struct GreyPicture: Sendable {
  package let size: Size
  /// `[1, height · width]`.
  let levels: Matrix

  /// The levels row after row.
  package var values: [Float] { levels.values }

  /// Levels row after row, as many as the size has pixels, none of them undefined.
  package init(size: Size, levels: [Float]) {
    precondition(size.width > 0 && size.height > 0, "a picture of \(size)")
    precondition(levels.allSatisfy(\.isFinite), "levels that are no numbers")
    self.size = size
    self.levels = Matrix(rows: 1, columns: size.width * size.height, levels)
  }

  /// Levels of 8 bits, row after row, as many as the size has pixels.
  package init(size: Size, bytes: [UInt8]) {
    precondition(size.width > 0 && size.height > 0, "a picture of \(size)")
    self.size = size
    levels = Matrix(rows: 1, columns: size.width * size.height, levels: bytes)
  }

  /// The part of a picture that a field shows; of colours, the luminance.
  ///
  /// Source: ITU-R BT.601, with the weights of Pillow's conversion to `L`.
  package init(_ picture: Intensities, shownBy canvas: Canvas) {
    precondition(picture.size == canvas.source, "\(picture.size) on a canvas of \(canvas.source)")
    let (width, area) = (picture.size.width, picture.size.width * picture.size.height)
    let weights: [Float] =
      picture.channels == 1 ? [1] : [19595.0 / 65536, 38470.0 / 65536, 7471.0 / 65536]
    var levels: [Float] = []
    levels.reserveCapacity(canvas.shown.width * canvas.shown.height)
    for y in canvas.sourceRows.prefix(canvas.shown.height) {
      for x in canvas.sourceColumns.prefix(canvas.shown.width) {
        var level: Float = 0
        for channel in weights.indices {
          level += weights[channel] * picture.values[channel * area + y * width + x]
        }
        levels.append(255 * level)
      }
    }
    self.init(size: canvas.shown, levels: levels)
  }
}
