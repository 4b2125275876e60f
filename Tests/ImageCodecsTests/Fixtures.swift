import Foundation
import Testing
import ImageCodecs
import Imaging

/// A picture in `Tests/Fixtures`, with the description of one page by its folder's `make.py`.
struct Fixture: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let page: Int?
  let pages: Int?
  let width: Int?
  let height: Int?
  let channels: Int?
  let depth: ImageHeader.Depth?
  let tolerance: Int?
  /// The samples, little-endian.
  let samples: Data?
  /// The kind that a refusal names.
  let refused: String?
  /// What the header is to say, where the generator gives it.
  let bits: Int?
  let number: ImageHeader.Stored.Number?
  let kind: ImageHeader.Kind?
  let notices: [String]?
  let orientation: Int?
  /// Width and height in metres.
  let pixelSize: [Double]?

  enum CodingKeys: String, CodingKey {
    case file, page, pages, width, height, channels, depth, tolerance, samples, refused
    case bits, number, kind, notices, orientation
    case pixelSize = "pixel_size"
  }

  var testDescription: String { "\(file), page \(page ?? 0)" }

  static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let folders = ["Images", "Formats"].map {
    package.appending(path: "Tests/Fixtures").appending(path: $0)
  }

  /// Every page of every file; empty if they cannot be read, which a separate test refuses.
  static let all: [Fixture] = folders.flatMap { folder in
    guard let data = try? Data(contentsOf: folder.appending(path: "expected.json")),
      let fixtures = try? JSONDecoder().decode([Fixture].self, from: data)
    else { return [Fixture]() }
    return fixtures
  }

  static var decodable: [Fixture] { all.filter { $0.refused == nil } }

  func bytes() throws -> [UInt8] { try Fixture.bytes(of: file) }

  static func bytes(of file: String) throws -> [UInt8] {
    let places = folders.map { $0.appending(path: file) }
    let place = places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[0]
    return [UInt8](try Data(contentsOf: place))
  }

  /// The samples as numbers of any type.
  func values() throws -> [Double] {
    let bytes = [UInt8](samples ?? Data())
    let width = depth?.bytes ?? 1
    return stride(from: 0, to: bytes.count, by: width).map { start in
      let bits = bytes[start..<start + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      switch depth {
      case .float32: return Double(Float(bitPattern: UInt32(bits)))
      case .float64: return Double(bitPattern: bits)
      default: return Double(bits)
      }
    }
  }
}

extension Raster {
  var depth: ImageHeader.Depth {
    switch samples {
    case .uint8: .uint8
    case .uint16: .uint16
    case .float32: .float32
    case .float64: .float64
    }
  }

  var values: [Double] {
    switch samples {
    case .uint8(let samples): samples.map(Double.init)
    case .uint16(let samples): samples.map(Double.init)
    case .float32(let samples): samples.map(Double.init)
    case .float64(let samples): samples
    }
  }
}

/// Reproducible noise.
///
/// Source: Steele et al. 2014, SplitMix64.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
