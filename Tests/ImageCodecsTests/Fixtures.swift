import Foundation
import Testing
import ImageCodecs
import Imaging

/// A picture in `Tests/Fixtures/Images`, with the description of one page by its `make.py`.
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

  var testDescription: String { "\(file), page \(page ?? 0)" }

  static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let folder = package.appending(path: "Tests/Fixtures/Images")

  /// Every page of every file; empty if they cannot be read, which a separate test refuses.
  static let all: [Fixture] = {
    guard let data = try? Data(contentsOf: folder.appending(path: "expected.json")),
      let fixtures = try? JSONDecoder().decode([Fixture].self, from: data)
    else { return [] }
    return fixtures
  }()

  static var decodable: [Fixture] { all.filter { $0.refused == nil } }

  func bytes() throws -> [UInt8] { try Fixture.bytes(of: file) }

  static func bytes(of file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: file)))
  }

  /// The samples as numbers of any type.
  func values() throws -> [Double] {
    let bytes = [UInt8](samples ?? Data())
    let width = depth?.bytes ?? 1
    return stride(from: 0, to: bytes.count, by: width).map { start in
      let bits = bytes[start..<start + width].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return depth == .float32 ? Double(Float(bitPattern: bits)) : Double(bits)
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
