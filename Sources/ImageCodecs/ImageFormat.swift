/// A file format that can be decoded.
package enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"
  case tiff = "TIFF"

  /// Recognises a file by its first bytes, regardless of the client's media type.
  ///
  /// Source: PNG 3rd edition §3.1; ITU-T T.81 table B.1; TIFF 6.0 p. 13 and the BigTIFF design.
  package init?(recognising bytes: [UInt8]) {
    let signatures: [(ImageFormat, [UInt8])] = [
      (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
      (.jpeg, [0xFF, 0xD8, 0xFF]),
      (.tiff, [0x49, 0x49, 42, 0]), (.tiff, [0x4D, 0x4D, 0, 42]),
      (.tiff, [0x49, 0x49, 43, 0]), (.tiff, [0x4D, 0x4D, 0, 43]),
    ]
    guard let match = signatures.first(where: { bytes.starts(with: $0.1) }) else { return nil }
    self = match.0
  }

  var decoder: any PictureDecoder.Type {
    switch self {
    case .png: PNGDecoder.self
    case .jpeg: JPEGDecoder.self
    case .tiff: TIFFDecoder.self
    }
  }
}
