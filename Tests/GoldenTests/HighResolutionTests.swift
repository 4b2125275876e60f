import Checkpoints
import Encoders
import Featurization
import Fields
import Foundation
import ImageCodecs
import Imaging
import LinearAlgebra
import Testing
import VisionTransformers

/// Whole fields of the default weights against HR-Dv2's own, computed with PyTorch.
@Suite("High-resolution features", .serialized, .enabled(if: Golden.isHere, "no golden tensors"))
struct HighResolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let key: String
    let options: [String: String]

    var testDescription: String { key }
  }

  /// The options that ask for what each key of the reference holds.
  static let cases = [
    Case(key: "id14", options: ["stride": "14"]),
    Case(key: "moore12", options: ["stride": "14", "shifts": "1,2"]),
    Case(
      key: "neumann1_bilinear",
      options: [
        "stride": "14", "shifts": "1", "neighbourhood": "neumann", "upsample": "bilinear",
      ]),
    Case(key: "flip", options: ["stride": "14", "flips": "hrdv2"]),
    Case(key: "stride7", options: ["stride": "7"]),
    Case(key: "stride4", options: ["stride": "4"]),
  ]

  @Test(arguments: cases)
  func `features and eigenvalues equal the reference's`(_ expected: Case) throws {
    let golden = try Golden()
    let base = ["flips": "none", "upsample": "nearest", "alignment": "image", "fit": "crop"]
    let options = base.merging(expected.options) { $1 }
    let field = try golden.field(options.map { (name: $0.key, value: $0.value) })

    let points = golden.points
    let found = MutableMatrix(rows: points.count, columns: field.dim)
    field.sample(points, into: found.all)
    let reference = try golden.floats("hr_\(expected.key)")
    let (difference, cosine) = compare(found.values, reference, dim: field.dim)
    let principal = try Basis(of: field, workers: golden.workers).first(8)
    let eigenvalues = try golden.floats("eig_\(expected.key)")
    let ratio = zip(principal.eigenvalues, eigenvalues).map { abs($0 / Double($1) - 1) }.max() ?? 1
    print(
      "\(expected.key): features differ by \(difference) at most, smallest cosine \(cosine), "
        + "eigenvalues by \(ratio) of their size")
    #expect(difference <= 5e-4)
    #expect(cosine >= 0.999999)
    #expect(ratio <= 1e-3)
  }

  /// The largest difference of two lists of vectors, and the smallest cosine between them.
  private func compare(_ a: [Float], _ b: [Float], dim: Int) -> (Float, Double) {
    guard a.count == b.count, !a.isEmpty else { return (.infinity, 0) }
    let difference = zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
    let cosines = stride(from: 0, to: a.count, by: dim).map { start in
      var (ab, aa, bb) = (0.0, 0.0, 0.0)
      for i in start..<start + dim {
        ab += Double(a[i]) * Double(b[i])
        aa += Double(a[i]) * Double(a[i])
        bb += Double(b[i]) * Double(b[i])
      }
      return ab / (aa * bb).squareRoot()
    }
    return (difference, cosines.min() ?? 0)
  }
}
