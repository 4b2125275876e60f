import Foundation
import ImageCodecs
import Imaging
import Testing

/// A page of a TIFF, with what is right for it, or how it is refused.
struct TIFFFixture: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let page: Int?
  let pages: Int?
  let width: Int?
  let height: Int?
  let channels: Int?
  let depth: ImageHeader.Depth?
  let kind: ImageHeader.Kind?
  let number: ImageHeader.Stored.Number?
  let bits: Int?
  let tolerance: Double?
  /// Words of each notice, in order.
  let notices: [String]?
  let orientation: Int?
  /// Metres.
  let pixelSize: [Double]?
  /// The samples, little-endian; beside the file where there are many.
  let samples: Data?
  let samplesFile: String?
  let refused: String?

  var testDescription: String { "\(file), page \(page ?? 0)" }

  static let folder = Fixture.folders[0].appending(path: "tiff")

  static let all: [TIFFFixture] = (try? read(from: folder)) ?? []

  static func read(from folder: URL) throws -> [TIFFFixture] {
    try JSONDecoder().decode(
      [TIFFFixture].self, from: Data(contentsOf: folder.appending(path: "expected.json")))
  }

  static func bytes(of file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: file)))
  }

  /// The right samples.
  func values(in folder: URL) throws -> [Double] {
    let data = try samplesFile.map { try Data(contentsOf: folder.appending(path: $0)) } ?? samples
    return Self.numbers(data ?? Data(), try #require(depth))
  }

  static func numbers(_ data: Data, _ depth: ImageHeader.Depth) -> [Double] {
    let bytes = [UInt8](data)
    let width = depth.bytes
    return stride(from: 0, to: bytes.count, by: width).map { start in
      let bits = bytes[start..<start + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return switch depth {
      case .float32: Double(Float(bitPattern: UInt32(bits)))
      case .float64: Double(bitPattern: bits)
      default: Double(bits)
      }
    }
  }

  /// The largest difference between samples, of which equal infinities and two that are no number
  /// have none; infinite where only one is a number.
  static func difference(_ found: [Double], _ right: [Double]) -> Double {
    guard found.count == right.count else { return .infinity }
    return zip(found, right).reduce(0) { largest, pair in
      if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return largest }
      let difference = abs(pair.0 - pair.1)
      return difference.isNaN ? .infinity : max(largest, difference)
    }
  }
}
