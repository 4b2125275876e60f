extension Intensities {
  /// Scales a raster by a rule; unsigned integers are of its samples' type.
  package init(_ raster: Raster, scale: Scale) throws(ImagingError) {
    let missing = raster.notFiniteCount
    guard missing == 0 else { throw .notFinite(samples: missing) }
    let typeMaximum: Double? =
      switch raster.samples {
      case .uint8: 255
      case .uint16: 65535
      case .float32, .float64: nil
      }
    var search = LevelSearch(scale, typeMaximum: typeMaximum, isDeep: typeMaximum != 255)
    repeat { search.scan(raster) } while !search.endPass()
    try self.init(raster, levels: search.levels)
  }
}
