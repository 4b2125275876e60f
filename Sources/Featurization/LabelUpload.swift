package import ImageCodecs
import Imaging
package import Segmentation

/// Labels of a field's pixels, with the classes that their file names.
package struct NamedLabels: Sendable, Hashable {
  package let labels: LabelImage
  /// Empty where the file has ids alone.
  package let classes: [LabelClass]

  package init(_ labels: LabelImage, classes: [LabelClass] = []) {
    (self.labels, self.classes) = (labels, classes)
  }

  /// Reads a picture or an npy of class ids, one for each pixel of a field, 0 for none, 255 to leave a
  /// pixel out; or shapes in GeoJSON, whose names are those of the classes given, if any.
  ///
  /// Of a file of several pages it is the page of the field's number.
  init(
    _ bytes: [UInt8], of shown: Size, page: Int, limits: DecodingLimits,
    classes given: [LabelClass]? = nil
  ) throws(PayloadError) {
    guard LabelShapes.isDocument(bytes) else {
      self.init(try LabelImage.read(bytes, limits: limits, of: shown, page: page).labels)
      return
    }
    do throws(SegmentationError) {
      let shapes = try LabelShapes(bytes, classes: given)
      self.init(try shapes.labels(of: shown, page: page), classes: shapes.classes)
    } catch {
      throw .shapes(error)
    }
  }

  /// Bytes that are held while a file of labels for so many pixels is read, beside the file.
  static func bytes(reading file: [UInt8], pixels: Int) -> Int {
    12 * pixels + (LabelShapes.isDocument(file) ? LabelShapes.bytesOfByte * file.count : 0)
  }

  /// The classes that a file of labels has; those of shapes are given or have their own names.
  ///
  /// Throws `PayloadError`.
  package static func classes(
    inFile bytes: [UInt8], among given: [LabelClass], limits: DecodingLimits
  ) throws(PayloadError) -> [LabelClass] {
    guard LabelShapes.isDocument(bytes) else {
      let ids = try LabelImage.read(bytes, limits: limits).labels.ids()
      return ids.map { id in given.first { $0.id == id } ?? .unnamed(id) }
    }
    do throws(SegmentationError) {
      return try LabelShapes(bytes, classes: given).classes
    } catch {
      throw .shapes(error)
    }
  }
}

extension LabelImage {
  /// Reads a picture or an npy of any size, or of one that is checked before pixels are decoded, with
  /// its header.
  ///
  /// A JPEG is refused: its values are not those that were painted.
  static func read(
    _ bytes: [UInt8], limits: DecodingLimits, of shown: Size? = nil, page: Int = 0
  ) throws(PayloadError) -> (header: ImageHeader, labels: LabelImage) {
    var limits = limits
    limits.keepsIndices = true
    let (file, header): (ImageFile, ImageHeader)
    do throws(CodecError) {
      file = try ImageFile(bytes, limits: limits)
      header = try file.header(of: file.pages > 1 ? page : 0)
    } catch {
      throw .labels(error)
    }
    guard file.format != .jpeg else { throw .inexactLabels }
    let size = header.size
    if let shown, size != shown {
      throw .shape([size.height, size.width], wanted: "[\(shown.height), \(shown.width)]")
    }
    let raster: Raster
    do throws(CodecError) {
      raster = try file.decode(file.pages > 1 ? page : 0).raster
    } catch {
      throw .labels(error)
    }
    // Fewer than eight bits were widened to 0…255.
    let unit = header.stored.bits < 8 ? UInt8(255 / ((1 << header.stored.bits) - 1)) : 1
    guard raster.channels == 1 else {
      throw .shape(
        [size.height, size.width, raster.channels],
        wanted: "[\(size.height), \(size.width)], one number a pixel")
    }
    var ids: [UInt8] = []
    switch raster.samples {
    case .uint8(let samples): ids = unit == 1 ? samples : samples.map { $0 / unit }
    case .uint16(let samples): ids = try LabelImage.ids(samples.map(Double.init))
    case .float32(let samples): ids = try LabelImage.ids(samples.map(Double.init))
    case .float64(let samples): ids = try LabelImage.ids(samples)
    }
    return (header, LabelImage(size: size, ids: ids))
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
