import Featurization
import ImageCodecs
import Tensors

extension Problem {
  init(_ error: PayloadError) {
    switch error {
    case .unrecognised:
      self.init(
        422, "unrecognised-points", "The body names no points",
        "The body is no npy, no JSON object, and no image of labels that can be read")
    case .labels(let error):
      self.init(error)
    case .shapes(let error):
      self.init(error)
    case .inexactLabels:
      self.init(
        422, "inexact-labels", "A JPEG keeps no labels",
        "A JPEG changes values, so that its pixels are no classes' ids; PNG, TIFF and npy keep them"
      )
    case .labelValue(let value):
      self.init(
        422, "label-value", "A label is no class's id",
        "The label \(Problem.number(value)) is no whole number from 0 to 255")
    case .byteCount(let count, let wanted):
      self.init(
        422, "byte-count", "There is not one byte for each pixel",
        "The body has \(count) bytes, \(wanted) are wanted, one for each pixel")
    case .deflation(let wanted):
      self.init(
        422, "malformed-deflation", "The deflated body is malformed",
        "The body is not \(wanted) bytes, one for each pixel, deflated in zlib's frame (RFC 1950)")
    case .array(let error):
      self.init(422, "unreadable-array", "The array could not be read", "The file: \(error)")
    case .shape(let shape, let wanted):
      let found = shape.map(String.init).joined(separator: ", ")
      self.init(
        422, "wrong-shape", "The array or image has another shape",
        "The shape is [\(found)], \(wanted) is wanted")
    case .tooManyPoints(let limit, let points):
      self.init(
        422, "too-many-points", "The sample has \(points) points", limit: limit, setting: "points")
    case .tooManyRows(let limit, let rows):
      self.init(
        422, "too-many-rows", "The matrix has too many rows",
        "The matrix has \(rows) rows; the limit is \(limit)")
    case .nothing:
      self.init(422, "no-points", "There is nothing to sample", "There is no point, or no label")
    case .malformedJSON:
      self.init(
        422, "malformed-points", "The JSON is malformed",
        #"The JSON is not {"points": [[x, y], …]} with whole numbers"#)
    case .tooMuchJSON(let limit, let bytes):
      self.init(
        413, "too-much-json", "The JSON has \(bytes) bytes", limit: limit, setting: "json-bytes")
    case .notFinite:
      self.init(
        422, "not-finite", "The matrix has values that are not finite",
        "The matrix or the bias has values that are not finite numbers, or too large")
    }
  }
}
