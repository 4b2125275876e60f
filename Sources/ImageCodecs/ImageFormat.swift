/// A file format that can be decoded.
package enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"
  case tiff = "TIFF"
  case bmp = "BMP"
  case gif = "GIF"
  case webP = "WebP"
  case jpeg2000 = "JPEG 2000"
  case mrc = "MRC"
  case npy = "npy"
  case pnm = "PNM"
  case pfm = "PFM"

  /// The first bytes by which every format is recognised.
  package static let signatureReach = 212

  /// All formats in one phrase: "PNG, JPEG, … or PFM".
  package static var names: String {
    let names = allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  /// Recognises a file by its first bytes, regardless of the client's media type.
  package init?(recognising bytes: [UInt8]) {
    let match = ImageFormat.allCases.first { format in
      format.row.signatures.contains { $0.matches(bytes) }
    }
    guard let match else { return nil }
    self = match
  }

  var decoder: any PictureDecoder.Type { row.decoder }

  /// The decoder, and the first bytes of its files.
  ///
  /// Source: PNG 3rd edition §3.1; ITU-T T.81 table B.1; TIFF 6.0 p. 13 and the BigTIFF design; the
  /// formats' own decoders.
  private var row: (decoder: any PictureDecoder.Type, signatures: [Signature]) {
    switch self {
    case .png: (PNGDecoder.self, [Signature([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])])
    case .jpeg: (JPEGDecoder.self, [Signature([0xFF, 0xD8, 0xFF])])
    case .tiff: (TIFFDecoder.self, ["II*\0", "MM\0*", "II+\0", "MM\0+"].map { Signature($0) })
    case .bmp: (BMPDecoder.self, BMPHeader.signatures)
    case .gif: (GIFDecoder.self, [Signature("GIF87a"), Signature("GIF89a")])
    case .webP: (WebPDecoder.self, [Signature("RIFF").and("WEBP", at: 8)])
    case .jpeg2000: (JPEG2000Decoder.self, JPEG2000Header.signatures)
    case .mrc: (MRCDecoder.self, [Signature("MAP ", at: 208)])
    case .npy: (NPYDecoder.self, [Signature([0x93] + Array("NUMPY".utf8))])
    case .pnm: (PNMDecoder.self, PNMHeader.signatures)
    case .pfm: (PFMDecoder.self, ["Pf\n", "PF\n"].map { Signature($0) })
    }
  }
}
