import Analysis
import Encoders
import Files
import Foundation
import Imaging
import LinearAlgebra
import Support
import Tensors
import Testing

/// Tensors of `../shared/golden`.
struct Fixture {
  private let file: TensorFile
  private let bytes: [UInt8]

  /// `nil`, said aloud, where there is no such file.
  static func golden(_ path: String) throws -> Fixture? {
    let url = packageFolder.appending(path: "../shared/golden/\(path)").standardizedFileURL
    guard FileManager.default.fileExists(atPath: url.path) else {
      print("SKIPPED: there is no \(url.path)")
      return nil
    }
    return try Fixture(url: url)
  }

  private init(url: URL) throws {
    bytes = try [UInt8](Data(contentsOf: url))
    file = try TensorFile(bytes)
  }

  func floats(_ name: String) throws -> [Float] { try file.array(name).floats() }

  /// Of int64, int32 or uint8.
  func integers(_ name: String) throws -> [Int] {
    let entry = try #require(file.header.tensors[name])
    let span = bytes.span.extracting(entry.range)
    switch entry.dataType {
    case .i64: return [Int64](littleEndian: span).map { Int($0) }
    case .i32: return [Int32](littleEndian: span).map { Int($0) }
    default:
      #expect(entry.dataType == .u8)
      return [UInt8](littleEndian: span).map { Int($0) }
    }
  }

  func doubles(_ name: String) throws -> [Double] {
    let entry = try #require(file.header.tensors[name])
    #expect(entry.dataType == .f64)
    return [Double](littleEndian: bytes.span.extracting(entry.range))
  }
}

extension CellVectors {
  /// The patch tokens of the shared micrograph, 37 × 37 of 384 dimensions.
  static func golden() throws -> CellVectors? {
    guard let file = try Fixture.golden("sofc_518.safetensors") else { return nil }
    return CellVectors(
      grid: Grid(rows: 37, columns: 37),
      vectors: Matrix(rows: 1369, columns: 384, try file.floats("patch_tokens")))
  }

  /// Some rows and columns of the grid.
  func cut(rows: Range<Int>, columns: Range<Int>) -> CellVectors {
    CellVectors(
      grid: Grid(rows: rows.count, columns: columns.count),
      vectors: gather(
        rows.flatMap { row in columns.map { row * grid.columns + $0 } }, of: vectors))
  }
}
