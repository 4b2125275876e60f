package import Imaging

extension Raster {
  /// A grey picture whose levels are the indices of classes, uint8, `[height, width]`.
  package init(classes: [UInt8], size: Size) {
    self.init(size: size, channels: 1, samples: .uint8(classes))
  }

  /// A grey picture of 255 where a mask is true and 0 elsewhere, uint8, `[height, width]`.
  package init(mask: [Bool], size: Size) {
    self.init(classes: mask.map { $0 ? 255 : 0 }, size: size)
  }
}
