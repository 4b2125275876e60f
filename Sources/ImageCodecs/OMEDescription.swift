/// What an OME-TIFF's XML says of its planes and its pixels' size.
///
/// Source: the OME-TIFF specification, and the OME schema 2016-06 (`Pixels`, `TiffData`).
struct OMEDescription: Sendable {
  /// One image: its planes, in the order in which their dimensions change.
  struct Pixels: Sendable {
    var order = "XYZCT"
    var z = 1
    var c = 1
    var t = 1
    /// Samples of a pixel in one plane.
    var samples = 1
    var width: Double?
    var height: Double?
    fileprivate var blocks: [Block] = []

    /// Planes of channels: samples of one pixel share a plane.
    var channels: Int { max(1, c / max(1, samples)) }
  }

  /// Planes that follow one another in the file.
  fileprivate struct Block {
    var directory: Int?
    var first = (z: 0, c: 0, t: 0)
    var count: Int?
  }

  /// Planes beyond these are not ordered.
  static let planesOrdered = 1_000_000

  private(set) var images: [Pixels] = []
  /// Whether some of the planes are in other files.
  private(set) var isOneOfSeveralFiles = false

  /// `nil` unless the text is OME's XML with images in it.
  init?(_ text: String) {
    guard text.utf8.prefix(4096).contains(UInt8(ascii: "<")),
      text.prefix(4096).contains("OME")
    else { return nil }
    var name: String?
    var pixels: Pixels?
    for tag in XMLTags(text) {
      switch (tag.name, tag.isEnd) {
      case ("OME", false): name = tag.attributes["UUID"]
      case ("Pixels", false): pixels = Self.pixels(tag.attributes)
      case ("Pixels", true):
        if let pixels { images.append(pixels) }
        pixels = nil
      case ("Channel", false):
        if let samples = tag.attributes["SamplesPerPixel"].flatMap({ Int($0) }) {
          pixels?.samples = samples
        }
      case ("TiffData", false): pixels?.blocks.append(Self.block(tag.attributes))
      case ("UUID", false):
        if let name, pixels != nil, tag.text.trimmed != name { isOneOfSeveralFiles = true }
      default: break
      }
    }
    if images.isEmpty { return nil }
  }

  private static func pixels(_ attributes: [String: String]) -> Pixels {
    func size(_ name: String) -> Int {
      attributes[name].flatMap { Int($0) }.map { max(1, $0) } ?? 1
    }
    func length(_ axis: String) -> Double? {
      guard let value = attributes["PhysicalSize\(axis)"].flatMap({ Double($0) }) else {
        return nil
      }
      let unit = attributes["PhysicalSize\(axis)Unit"] ?? "um"
      return LengthUnit.metres(unit).map { $0 * value }
    }
    return Pixels(
      order: attributes["DimensionOrder"] ?? "XYZCT", z: size("SizeZ"), c: size("SizeC"),
      t: size("SizeT"), width: length("X"), height: length("Y") ?? length("X"))
  }

  private static func block(_ attributes: [String: String]) -> Block {
    func number(_ name: String) -> Int? { attributes[name].flatMap { Int($0) } }
    return Block(
      directory: number("IFD"),
      first: (number("FirstZ") ?? 0, number("FirstC") ?? 0, number("FirstT") ?? 0),
      count: number("PlaneCount"))
  }
}

extension OMEDescription {
  /// The directory of each plane, of one image after another, as their dimensions change; `nil`
  /// where the XML does not lead to each plane once.
  func order(ofDirectories count: Int) -> [(directory: Int, image: Int)]? {
    guard !isOneOfSeveralFiles else { return nil }
    var order: [(directory: Int, image: Int)] = []
    var next = 0
    for (image, pixels) in images.enumerated() {
      guard let directories = pixels.directories(first: next),
        order.count + directories.count <= count
      else { return nil }
      order += directories.map { ($0, image) }
      next = (directories.max() ?? 0) + 1
    }
    let named = order.map(\.directory)
    let isOnce = Set(named).count == named.count && named.allSatisfy((0..<count).contains)
    return isOnce ? order : nil
  }
}

extension OMEDescription.Pixels {
  /// The dimensions of planes, the one that changes fastest first.
  private var dimensions: [(name: Character, size: Int)]? {
    let sizes: [Character: Int] = ["Z": z, "C": channels, "T": t]
    let names = order.dropFirst(2)
    guard order.hasPrefix("XY"), names.count == 3, Set(names).count == 3 else { return nil }
    let dimensions = names.compactMap { name in sizes[name].map { (name, $0) } }
    return dimensions.count == 3 ? dimensions : nil
  }

  /// The directory of each plane; planes that no block names follow one another from `first`.
  fileprivate func directories(first: Int) -> [Int]? {
    guard let dimensions else { return nil }
    var total = 1
    for dimension in dimensions {
      let (product, overflows) = total.multipliedReportingOverflow(by: dimension.size)
      guard !overflows, product <= OMEDescription.planesOrdered else { return nil }
      total = product
    }
    let isPlain = blocks.allSatisfy {
      $0.directory == nil && $0.count == nil && $0.first == (0, 0, 0)
    }
    if isPlain { return Array(first..<first + total) }
    var directories = [Int?](repeating: nil, count: total)
    var named = 0
    for block in blocks {
      var plane = 0
      var stride = 1
      for dimension in dimensions {
        let at = ["Z": block.first.z, "C": block.first.c, "T": block.first.t][dimension.name] ?? 0
        guard (0..<dimension.size).contains(at) else { return nil }
        plane += at * stride
        stride *= dimension.size
      }
      let count = block.count ?? (block.directory == nil ? total - plane : 1)
      let first = block.directory ?? 0
      guard count >= 0, count <= total - max(plane, named),
        (0..<OMEDescription.planesOrdered).contains(first)
      else { return nil }
      named += count
      for index in 0..<count { directories[plane + index] = first + index }
    }
    let known = directories.compactMap { $0 }
    return known.count == total ? known : nil
  }
}
