package import Imaging

/// A page's description, known before its pixels are decoded.
package struct ImageHeader: Sendable, Hashable {
  /// A sample's type after decoding: fewer than eight bits are widened to eight.
  package enum Depth: String, Sendable, Hashable, Codable {
    case uint8, uint16, float32

    package var bytes: Int {
      switch self {
      case .uint8: 1
      case .uint16: 2
      case .float32: 4
      }
    }
  }

  package let format: ImageFormat
  package let size: Size
  /// 1 (grey) or 3 (red, green, blue) after decoding; alpha is not counted.
  package let channels: Int
  package let depth: Depth
  /// Pages of the file; 1 unless it is a TIFF.
  package let pages: Int

  /// Bytes of the decoded raster.
  package var decodedBytes: Int { size.width * size.height * channels * depth.bytes }
}
