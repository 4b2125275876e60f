import Files
import Foundation
package import Tensors

/// Tensors that scripts in `Tests/Fixtures` or `../shared` made.
package struct Fixture {
  package let file: TensorFile
  private let bytes: [UInt8]

  /// A file of `Tests/Fixtures`.
  package init(_ path: String) throws {
    try self.init(url: packageFolder.appending(path: "Tests/Fixtures/\(path)"))
  }

  private init(url: URL) throws {
    bytes = try [UInt8](Data(contentsOf: url))
    file = try TensorFile(bytes)
  }

  /// A file of `../shared`, or `nil`, said aloud, where there is none.
  package static func shared(_ path: String) throws -> Fixture? {
    let url = packageFolder.appending(path: "../shared/\(path)").standardizedFileURL
    guard FileManager.default.fileExists(atPath: url.path) else {
      print("SKIPPED: there is no \(url.path)")
      return nil
    }
    return try Fixture(url: url)
  }

  package func shape(_ name: String) throws -> [Int] { try entry(name).shape }

  package func floats(_ name: String) throws -> [Float] { try file.array(name).floats() }

  /// Of int64, int32 or uint8.
  package func integers(_ name: String) throws -> [Int] {
    let entry = try entry(name)
    let span = bytes.span.extracting(entry.range)
    switch entry.dataType {
    case .i64: return [Int64](littleEndian: span).map { Int($0) }
    case .i32: return [Int32](littleEndian: span).map { Int($0) }
    case .u8: return [UInt8](littleEndian: span).map { Int($0) }
    default: throw ArrayFileError.unknownDataType(tensor: name, name: "\(entry.dataType)")
    }
  }

  /// Of float64.
  package func doubles(_ name: String) throws -> [Double] {
    let entry = try entry(name)
    guard entry.dataType == .f64 else {
      throw ArrayFileError.unknownDataType(tensor: name, name: "\(entry.dataType)")
    }
    return [Double](littleEndian: bytes.span.extracting(entry.range))
  }

  private func entry(_ name: String) throws -> TensorEntry {
    guard let entry = file.header.tensors[name] else {
      throw ArrayFileError.missing(tensor: name)
    }
    return entry
  }
}
