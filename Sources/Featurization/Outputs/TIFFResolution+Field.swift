import Encoders
import Imaging
import Tensors

extension TIFFResolution {
  /// The extent of a field's pixels or patches; `nil` where the image has none.
  init?(_ pixel: PixelSize?, _ grid: Places.Grid, of request: FieldRequest) {
    guard let pixel else { return nil }
    let step = grid == .patch ? Double(request.encodeOptions.stride) : 1
    self.init(pixelWidth: step * pixel.width, height: step * pixel.height)
  }
}
