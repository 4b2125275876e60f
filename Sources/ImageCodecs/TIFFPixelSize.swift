import Imaging

/// Where a TIFF's pixel size is looked for: vendors' tags before the standard's resolution, which
/// many programs fill with that of a screen or a printer.
struct TIFFPixelSize: Sendable {
  /// Resolutions in dots per inch that say nothing of a specimen.
  private static let meaningless = [72.0, 96, 150, 300]

  private let imageJ: ImageJDescription?
  private let ome: OMEDescription?
  private let first: TIFFDirectory

  init(first: TIFFDirectory, imageJ: ImageJDescription?, ome: OMEDescription?) {
    self.first = first
    self.imageJ = imageJ
    self.ome = ome
  }

  /// The size of a page's pixels; descriptions of the first page are of all pages.
  func callAsFunction(of directory: TIFFDirectory, image: Int?) -> PixelSize? {
    fei(directory) ?? zeiss(directory) ?? zeissLSM(directory) ?? olympus(directory)
      ?? fromOME(image) ?? fromImageJ ?? resolution(directory)
  }

  /// The size in an image of the file's, or in all of them where it is not known which it is.
  private func fromOME(_ image: Int?) -> PixelSize? {
    let sizes = (ome?.images ?? []).map { pixels in
      pixels.width.flatMap { width in
        pixels.height.flatMap { PixelSize(width: width, height: $0) }
      }
    }
    if let image { return sizes[image] }
    guard let first = sizes.first, sizes.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  /// The resolution is in pixels for each of the description's units.
  private var fromImageJ: PixelSize? {
    guard let unit = imageJ?.unit, let across = first.rational(282) else { return nil }
    return PixelSize(width: unit / across, height: unit / (first.rational(283) ?? across))
  }

  /// FEI's and Thermo Fisher's settings, `PixelWidth` and `PixelHeight` in metres; one is both.
  private func fei(_ directory: TIFFDirectory) -> PixelSize? {
    for tag in [34680, 34682] {
      var values: [Substring: Double] = [:]
      for line in directory.text(tag).prefix(1 << 16).split(whereSeparator: \.isNewline) {
        guard let sign = line.firstIndex(of: "=") else { continue }
        values[line[..<sign]] =
          values[line[..<sign]] ?? Double(line[line.index(after: sign)...].trimmed)
      }
      let (width, height) = (values["PixelWidth"], values["PixelHeight"])
      guard let either = width ?? height else { continue }
      return PixelSize(width: width ?? either, height: height ?? either)
    }
    return nil
  }

  /// Zeiss's scanning microscopes: "Image Pixel Size = 4.96 nm".
  private func zeiss(_ directory: TIFFDirectory) -> PixelSize? {
    let lines = directory.text(34118).prefix(1 << 16).split(whereSeparator: \.isNewline)
    for name in ["Image Pixel Size", "Pixel Size"] {
      guard let line = lines.first(where: { $0.trimmed.hasPrefix(name) }),
        let sign = line.firstIndex(of: "=")
      else { continue }
      let words = line[line.index(after: sign)...].split(separator: " ")
      guard words.count >= 2, let value = Double(words[0]),
        let unit = LengthUnit.metres(String(words[1]))
      else { continue }
      return PixelSize(width: value * unit, height: value * unit)
    }
    return nil
  }

  /// Zeiss's LSM: the voxel's sides in metres, behind ten integers.
  private func zeissLSM(_ directory: TIFFDirectory) -> PixelSize? {
    guard let width = directory.double(34412, at: 40), let height = directory.double(34412, at: 48)
    else { return nil }
    return PixelSize(width: width, height: height)
  }

  /// Olympus's and SIS's block, which the tag holds or tells the place of.
  private func olympus(_ directory: TIFFDirectory) -> PixelSize? {
    let held = directory.bytes(33560)
    guard let start = held.isEmpty ? directory.integer(33560) : held.startIndex else { return nil }
    return OlympusBlock(in: directory.file.bytes, at: start)?.pixelSize
  }

  private func resolution(_ directory: TIFFDirectory) -> PixelSize? {
    guard let across = directory.rational(282), across != 1,
      let unit = [2: 0.0254, 3: 0.01][directory.integer(296) ?? 2]
    else { return nil }
    let down = directory.rational(283) ?? across
    let perInch = across * 0.0254 / unit
    guard Self.meaningless.allSatisfy({ abs(perInch - $0) > 0.005 * $0 }) else { return nil }
    return PixelSize(width: unit / across, height: unit / down)
  }
}
