import Encoders
import Fields
import Foundation
import Imaging
import LinearAlgebra
import Testing

/// Compared with features that the reference computed from one view, if its tensors are available.
@Suite("Golden field") struct GoldenTests {
  static let path =
    URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../shared/golden/sofc_518.safetensors"
    ).standardizedFileURL.path(percentEncoded: false)

  static let isPresent: Bool = {
    let isPresent = FileManager.default.fileExists(atPath: path)
    if !isPresent { print("SKIPPED: Golden field, there is no \(path)") }
    return isPresent
  }()

  private struct Tensor: Decodable {
    let offsets: [Int]

    enum CodingKeys: String, CodingKey { case offsets = "data_offsets" }
  }

  /// The named tensors' four-byte elements.
  private func tensors(_ names: String...) throws -> [[UInt32]] {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: GoldenTests.path)))
    let headerEnd = 8 + (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try JSONDecoder().decode(
      [String: Tensor].self, from: Data(bytes[8..<headerEnd]))
    return try names.map { name in
      let offsets = try #require(header[name]).offsets
      return stride(from: headerEnd + offsets[0], to: headerEnd + offsets[1], by: 4).map { at in
        (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
      }
    }
  }

  @Test(.enabled(if: isPresent))
  func `Golden field: one view's pixels and eigenvalues equal the reference's`() throws {
    let golden = try tensors("patch_tokens", "points_yx", "hr_id14", "eig_id14")
    let tokens = Matrix(rows: 1369, columns: 384, golden[0].map { Float(bitPattern: $0) })
    let size = Size(width: 518, height: 518)
    let canvas = try #require(Canvas(size, fit: .crop, patch: 14))
    let field = FeatureField(
      canvas: canvas, patch: 14, stride: 14, upsampling: .nearest, alignment: .image,
      views: [(.identity, 1, FeatureMap(grid: Grid(rows: 37, columns: 37), vectors: tokens))])
    let points = (0..<512).map { (x: Int(golden[1][2 * $0 + 1]), y: Int(golden[1][2 * $0])) }
    let found = MutableMatrix(rows: 512, columns: 384)
    field.sample(points, into: found.all)
    for (a, b) in zip(found.values, golden[2]) {
      try #require(abs(a - Float(bitPattern: b)) <= 5e-4)
    }
    let eigenvalues = try Basis(of: field).first(8).eigenvalues
    for (a, b) in zip(eigenvalues, golden[3]) {
      let expected = Double(Float(bitPattern: b))
      #expect(abs(a - expected) <= 1e-4 * expected)
    }
  }
}
