import ImageCodecs

/// A reader of strangers' bytes, and what must be true whatever they are.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case request, chunked, multipart, query
  case json, npy, safetensors, pytorch, legacy, shards
  case png, jpeg, tiff, bmp, gif, webp, jpeg2000, mrc, array, pnm, pfm
  case classifier, imported, geojson, inference

  /// Reads bytes; what is wrong with the outcome, if something is.
  package func complaint(about bytes: [UInt8]) -> String? {
    switch self {
    case .request: Wire.complaint(about: bytes, before: "")
    case .chunked:
      Wire.complaint(
        about: bytes,
        before: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    case .multipart: Wire.complaint(aboutForm: bytes)
    case .query: Questions.complaint(aboutQuery: bytes)
    case .json, .npy: Questions.complaint(aboutPoints: bytes)
    case .safetensors:
      Questions.complaint(aboutMap: bytes) ?? ModelFiles.complaint(about: bytes, as: self)
    case .pytorch, .legacy, .shards: ModelFiles.complaint(about: bytes, as: self)
    case .png: Pictures.complaint(about: bytes, .png)
    case .jpeg: Pictures.complaint(about: bytes, .jpeg)
    case .tiff: Pictures.complaint(about: bytes, .tiff)
    case .bmp: Pictures.complaint(about: bytes, .bmp)
    case .gif: Pictures.complaint(about: bytes, .gif)
    case .webp: Pictures.complaint(about: bytes, .webP)
    case .jpeg2000: Pictures.complaint(about: bytes, .jpeg2000)
    case .mrc: Pictures.complaint(about: bytes, .mrc)
    case .array: Pictures.complaint(about: bytes, .npy)
    case .pnm: Pictures.complaint(about: bytes, .pnm)
    case .pfm: Pictures.complaint(about: bytes, .pfm)
    case .classifier: Classifiers.complaint(aboutFile: bytes)
    case .imported: Classifiers.complaint(aboutImport: bytes)
    case .geojson: Shapes.complaint(about: bytes)
    case .inference: Questions.complaint(aboutInference: bytes)
    }
  }
}
