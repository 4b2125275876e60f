import Files
import Foundation
import Support
import Tensors
import Testing

/// Tensors that scripts in `Tests/Fixtures` made.
struct Fixture {
  let file: TensorFile
  private let bytes: [UInt8]

  init(_ path: String) throws {
    try self.init(url: packageFolder.appending(path: "Tests/Fixtures/\(path)"))
  }

  /// A file of `../shared`, or `nil`, said aloud, where there is none.
  static func shared(_ path: String) throws -> Fixture? {
    let url = packageFolder.appending(path: "../shared/\(path)").standardizedFileURL
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

  func shape(_ name: String) throws -> [Int] { try #require(file.header.tensors[name]).shape }

  func floats(_ name: String) throws -> [Float] { try file.array(name).floats() }

  func integers(_ name: String) throws -> [Int] { try file.array(name).int32s().map { Int($0) } }

  func doubles(_ name: String) throws -> [Double] {
    let entry = try #require(file.header.tensors[name])
    #expect(entry.dataType == .f64)
    return [Double](littleEndian: bytes.span.extracting(entry.range))
  }
}
