import ImageCodecs
package import Imaging
import LinearAlgebra
import Tensors

/// Posted pixels to be sampled, with labels if an image of labels was posted.
package struct PointUpload: Sendable, Hashable {
  package let points: [Selection.Point]
  package let labels: [UInt16]?

  /// Reads points from one of three forms.
  ///
  /// An npy of integers `[n, 2]` of x and y, JSON `{"points": [[x, y], …]}`, or an image or an npy of
  /// labels in which 0 means none, whose pixels are in row-major order.
  package init(
    _ bytes: [UInt8], of shown: Size, limits: FeaturizationLimits
  ) throws(PayloadError) {
    if bytes.starts(with: NPY.magic), !PointUpload.isLabels(npy: bytes, of: shown) {
      self.init(points: try PointUpload.points(npy: bytes, limits), labels: nil)
    } else if bytes.first(where: { !PointUpload.blanks.contains($0) }) == UInt8(ascii: "{") {
      self.init(points: try PointUpload.points(json: bytes, limits), labels: nil)
    } else {
      self = try PointUpload.labelled(bytes, shown, limits)
    }
    guard !points.isEmpty else { throw .nothing }
  }

  private init(points: [Selection.Point], labels: [UInt16]?) {
    self.points = points
    self.labels = labels
  }

  private static let blanks = Set(" \t\r\n".utf8)

  /// Whether an array has a number for each of the pixels, which are no points then.
  private static func isLabels(npy bytes: [UInt8], of shown: Size) -> Bool {
    let shape = try? StoredArray(npy: bytes).shape
    return shape == [shown.height, shown.width] && shown.width != 2
  }

  private static func points(
    npy bytes: [UInt8], _ limits: FeaturizationLimits
  ) throws(PayloadError) -> [Selection.Point] {
    let numbers: [Int32]
    do {
      let array = try StoredArray(npy: bytes)
      guard array.shape.count == 2, array.shape[1] == 2 else {
        throw PayloadError.shape(array.shape, wanted: "[n, 2]")
      }
      guard array.shape[0] <= limits.points else {
        throw PayloadError.tooManyPoints(limit: limits.points, points: array.shape[0])
      }
      numbers = try array.int32s()
    } catch let error as PayloadError {
      throw error
    } catch let error as ArrayFileError {
      throw .array(error)
    } catch {
      throw .unrecognised
    }
    return stride(from: 0, to: numbers.count, by: 2).map {
      Selection.Point(x: Int(numbers[$0]), y: Int(numbers[$0 + 1]))
    }
  }

  private static func points(
    json bytes: [UInt8], _ limits: FeaturizationLimits
  ) throws(PayloadError) -> [Selection.Point] {
    guard bytes.count <= limits.jsonBytes else {
      throw .tooMuchJSON(limit: limits.jsonBytes, bytes: bytes.count)
    }
    var parser = PointListParser(bytes)
    return try parser.points(limit: limits.points)
  }

  private static func labelled(
    _ bytes: [UInt8], _ shown: Size, _ limits: FeaturizationLimits
  ) throws(PayloadError) -> PointUpload {
    var decoding = limits.decoding
    decoding.keepsIndices = true
    guard let header = try? probe(bytes, page: 0, limits: decoding) else {
      throw .unrecognised
    }
    let shape = [header.size.height, header.size.width]
    let wanted = "[\(shown.height), \(shown.width)], one channel of whole numbers"
    guard header.size == shown else { throw .shape(shape, wanted: wanted) }
    guard let raster = try? decode(bytes, page: 0, limits: decoding) else {
      throw .unrecognised
    }
    let levels: [UInt16]
    switch raster.samples {
    case .uint8(let samples) where raster.channels == 1: levels = samples.map(UInt16.init)
    case .uint16(let samples) where raster.channels == 1: levels = samples
    case .float32(let samples) where raster.channels == 1:
      levels = try whole(samples.map(Double.init))
    case .float64(let samples) where raster.channels == 1: levels = try whole(samples)
    default: throw .shape(shape + [raster.channels], wanted: wanted)
    }
    let places = levels.indices.filter { levels[$0] != 0 }
    guard places.count <= limits.points else {
      throw .tooManyPoints(limit: limits.points, points: places.count)
    }
    return PointUpload(
      points: places.map { Selection.Point(x: $0 % shown.width, y: $0 / shown.width) },
      labels: places.map { levels[$0] })
  }

  private static func whole(_ values: [Double]) throws(PayloadError) -> [UInt16] {
    var levels: [UInt16] = []
    levels.reserveCapacity(values.count)
    for value in values {
      guard let level = UInt16(exactly: value) else { throw .labelValue(value) }
      levels.append(level)
    }
    return levels
  }
}
