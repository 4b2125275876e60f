package import Imaging

/// A page's description, known before its pixels are decoded.
package struct ImageHeader: Sendable, Hashable {
  /// A sample's type after decoding, as `Raster.Samples` has them.
  package enum Depth: String, Sendable, Hashable, Codable {
    case uint8, uint16, float32, float64

    package var bytes: Int {
      switch self {
      case .uint8: 1
      case .uint16: 2
      case .float32: 4
      case .float64: 8
      }
    }
  }

  /// The meaning of a pixel's samples.
  package enum Kind: String, Sendable, Hashable, Codable {
    case grey
    /// Red, green and blue.
    case colour
    /// Two or more measurements that are no colours.
    case channels
  }

  /// The numbers that the file stores.
  package struct Stored: Sendable, Hashable, Codable {
    package enum Number: String, Sendable, Hashable, Codable {
      case unsigned, signed, float
    }

    package let number: Number
    package let bits: Int

    package init(_ number: Number, bits: Int) {
      self.number = number
      self.bits = bits
    }
  }

  package let format: ImageFormat
  /// The stored size: rows and columns are the file's, whatever its orientation.
  package let size: Size
  /// Samples of a pixel after decoding; alpha is not counted.
  package let channels: Int
  package let kind: Kind
  package let depth: Depth
  package let stored: Stored
  /// The page, counted from 0 among those that show pictures.
  package let page: Int
  /// Pages of the file.
  package let pages: Int
  package let orientation: Orientation
  /// `nil` where the file has none.
  package let pixelSize: PixelSize?
  /// What the file itself says is no measurement (GDAL's tag); it is not left out unasked.
  package let noData: NoData?
  /// What was passed over, guessed or converted, one sentence each.
  package let notices: [String]

  package init(
    format: ImageFormat, size: Size, channels: Int, kind: Kind, depth: Depth, stored: Stored,
    page: Int = 0, pages: Int = 1, orientation: Orientation = .upright,
    pixelSize: PixelSize? = nil, noData: NoData? = nil, notices: [String] = []
  ) {
    self.format = format
    self.size = size
    self.channels = channels
    self.kind = kind
    self.depth = depth
    self.stored = stored
    self.page = page
    self.pages = pages
    self.orientation = orientation
    self.pixelSize = pixelSize
    self.noData = noData
    self.notices = notices
  }

  /// Bytes of the decoded raster of so many channels, all of them unless told.
  package func decodedBytes(channels: Int? = nil) -> Int {
    size.width * size.height * (channels ?? self.channels) * depth.bytes
  }
}
