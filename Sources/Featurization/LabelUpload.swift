import ImageCodecs
import Imaging
import Segmentation

extension LabelImage {
  /// Reads a picture or an npy of class ids, one for each pixel of a field: 0 for none, 255 to leave
  /// a pixel out.
  init(_ bytes: [UInt8], of shown: Size, limits: DecodingLimits) throws(PayloadError) {
    let (header, raster): (ImageHeader, Raster)
    do throws(CodecError) {
      let page = try ImageFile(bytes, limits: limits).decode(0)
      (header, raster) = (page.header, page.raster)
    } catch {
      throw .labels(error)
    }
    guard header.size == shown else {
      throw .shape(
        [header.size.height, header.size.width], wanted: "[\(shown.height), \(shown.width)]")
    }
    // Fewer than eight bits were widened to 0…255.
    let unit = header.stored.bits < 8 ? UInt8(255 / ((1 << header.stored.bits) - 1)) : 1
    guard raster.channels == 1 else {
      throw .shape(
        [shown.height, shown.width, raster.channels],
        wanted: "[\(shown.height), \(shown.width)], one number a pixel")
    }
    var ids: [UInt8] = []
    switch raster.samples {
    case .uint8(let samples): ids = unit == 1 ? samples : samples.map { $0 / unit }
    case .uint16(let samples): ids = try LabelImage.ids(samples.map(Double.init))
    case .float32(let samples): ids = try LabelImage.ids(samples.map(Double.init))
    case .float64(let samples): ids = try LabelImage.ids(samples)
    }
    self.init(size: shown, ids: ids)
  }

  private static func ids(_ values: [Double]) throws(PayloadError) -> [UInt8] {
    var ids: [UInt8] = []
    ids.reserveCapacity(values.count)
    for value in values {
      guard let id = UInt8(exactly: value) else { throw .labelValue(value) }
      ids.append(id)
    }
    return ids
  }
}
