package import ImageCodecs
package import Imaging

/// What a field's computation looked at: the file, the part taken of it, and its scale.
package struct SourceDescription: Sendable, Hashable, Codable {
  package let format: ImageFormat
  /// The stored size of a page.
  package let size: Size
  package let page: Int
  package let pages: Int
  /// Samples of a pixel in the file, without alpha.
  package let channels: Int
  package let kind: ImageHeader.Kind
  package let stored: ImageHeader.Stored
  /// The tag, 1 to 8.
  package let orientation: Orientation
  /// The levels that became 0 and 1.
  package let levels: Levels
  /// Samples, at the encoded size, below and above them.
  package let outside: Intensities.Outside
  /// Pixels without data.
  package let missing: Int
  /// The extent of a pixel of the field; `nil` where the file has none.
  package let pixelSize: PixelSize?
  /// What was left out, guessed or converted, one sentence each.
  package private(set) var notices: [String]

  /// Notes a sentence; `nil` is none.
  mutating func note(_ notice: String?) {
    if let notice { notices.append(notice) }
  }

  /// Notes that the image was encoded in tiles.
  mutating func note(_ layout: TileLayout) {
    notices.append(
      "Each view was encoded in \(layout.count) overlapping tiles of \(layout.size), blended "
        + "where they overlap.")
  }

  init(
    _ header: ImageHeader, _ levels: Levels, outside: Intensities.Outside,
    pixelSize: PixelSize?, missing: Int, notices: [String]
  ) {
    format = header.format
    size = header.size
    page = header.page
    pages = header.pages
    channels = header.channels
    kind = header.kind
    stored = header.stored
    orientation = header.orientation
    self.levels = levels
    self.outside = outside
    self.missing = missing
    self.pixelSize = pixelSize
    self.notices = notices
  }
}
