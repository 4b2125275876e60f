/// The extent of a pixel on the specimen, in metres.
package struct PixelSize: Sendable, Hashable, Codable {
  package let width: Double
  package let height: Double

  /// `nil` unless both are finite and above 0.
  package init?(width: Double, height: Double) {
    guard width > 0, height > 0, width.isFinite, height.isFinite else { return nil }
    self.width = width
    self.height = height
  }
}
