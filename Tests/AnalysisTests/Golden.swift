import Foundation
import LinearAlgebra

/// Answers of the reference implementations, where they are at hand.
struct Golden {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../../shared/golden"
  ).standardizedFileURL

  /// Whether a file is there; if not, that is printed.
  static func have(_ name: String) -> Bool {
    let path = folder.appending(path: name).path
    let isThere = FileManager.default.fileExists(atPath: path)
    if !isThere { print("SKIPPED: golden analysis, there is no \(path)") }
    return isThere
  }

  private struct Tensor: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private let bytes: [UInt8]
  private let start: Int
  private let tensors: [String: Tensor]

  init(_ name: String) throws {
    let bytes = try [UInt8](Data(contentsOf: Golden.folder.appending(path: name)))
    let start = 8 + (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    (self.bytes, self.start) = (bytes, start)
    let json = try JSONSerialization.jsonObject(with: Data(bytes[8..<start])) as? [String: Any]
    let some = (json ?? [:]).filter { $0.key != "__metadata__" }
    tensors = try JSONDecoder().decode(
      [String: Tensor].self, from: JSONSerialization.data(withJSONObject: some))
  }

  func shape(_ name: String) -> [Int] { tensors[name]?.shape ?? [] }

  private func words<Word: FixedWidthInteger>(_ tensor: Tensor, _ type: Word.Type) -> [Word] {
    let size = Word.bitWidth / 8
    return stride(from: tensor.offsets[0], to: tensor.offsets[1], by: size).map { at in
      (0..<size).reduce(0) { $0 | Word(truncatingIfNeeded: bytes[start + at + $1]) << (8 * $1) }
    }
  }

  func doubles(_ name: String) -> [Double] {
    guard let tensor = tensors[name] else { return [] }
    return switch tensor.dtype {
    case "F32": words(tensor, UInt32.self).map { Double(Float(bitPattern: $0)) }
    case "F64": words(tensor, UInt64.self).map { Double(bitPattern: $0) }
    case "I32": words(tensor, Int32.self).map { Double($0) }
    case "I64": words(tensor, Int64.self).map { Double($0) }
    case "U8", "BOOL": words(tensor, UInt8.self).map { Double($0) }
    default: []
    }
  }

  func ints(_ name: String) -> [Int] { doubles(name).map { Int($0) } }
  func floats(_ name: String) -> [Float] { doubles(name).map { Float($0) } }

  func matrix(_ name: String) -> Matrix {
    let shape = shape(name)
    return Matrix(rows: shape[0], columns: shape[1], floats(name))
  }

  /// The tokens of the micrograph that most answers are of, `[1369, 384]`.
  static func tokens() throws -> Matrix {
    try Golden("sofc_518.safetensors").matrix("patch_tokens")
  }
}
