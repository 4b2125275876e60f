import Foundation
import Support
import Testing

/// The program with the default weights on a picture, against the model's definition.
@Suite("Default model", .timeLimit(.minutes(2))) struct DefaultModelTests {
  private let place = TemporaryFolder()

  /// The first numbers of the class token, and the sum of all magnitudes.
  ///
  /// Source: the forward pass of DINOv2 in NumPy, float64, on the same file and picture.
  private static let first: [Float] = [
    -2.25969453, -0.3406414, -0.14236408, -1.96708852, -0.39201869, -0.3939258,
  ]
  private static let sum: Float = 655.25124

  /// |Δ| ≤ 1e-4; `.ci/run` looks for the line that is printed.
  @Test(.enabled(if: Program.haveWeights(for: "Default model")))
  func `eyepiece run: a picture's class token is that of the model's definition`() throws {
    let picture = packageFolder.appending(path: "Tests/Fixtures/Images/two_phase.png")
    let (status, _, errors) = try Program([
      "run", picture.path, "-o", place.path, "--weights", Program.weights.path, "--threads", "2",
      "--quality", "draft", "--flips", "none", "--scale", "none", "--output", "cls",
      "--format", "raw",
    ]).end()
    #expect(status == 0, "\(errors)")
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(place.path)/two_phase.raw")))
    let values = stride(from: 0, to: bytes.count, by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * $1) })
    }
    #expect(values.count == 384)
    for (found, wanted) in zip(values, Self.first) { #expect(abs(found - wanted) <= 1e-4) }
    #expect(abs(values.reduce(0) { $0 + abs($1) } - Self.sum) <= 384e-4)
    print("ENCODED: two_phase.png with the default weights")
  }
}
