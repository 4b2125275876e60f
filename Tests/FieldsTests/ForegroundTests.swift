import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Foreground") struct ForegroundTests {
  private let size = Size(width: 40, height: 30)

  /// A field of one dimension with these scores.
  private func field(_ scores: [Float]) throws -> FeatureField {
    let canvas = try #require(Canvas(size, fit: .crop, patch: 1))
    let map = FeatureMap(
      grid: Grid(rows: 30, columns: 40), vectors: Matrix(rows: 1200, columns: 1, scores))
    return FeatureField(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .image,
      views: [(.identity, 1, map)])
  }

  /// Noise on the left half, one level on the right.
  private var entropy: LocalEntropy {
    var chance = Chance(state: 5)
    let levels = (0..<1200).map { $0 % 40 < 20 ? UInt8(chance.below(256)) : 128 }
    return LocalEntropy(of: levels, size: size)
  }

  private let left: [UInt8] = (0..<1200).map { $0 % 40 < 20 ? 1 : 0 }

  @Test(arguments: [true, false])
  func `Foreground: it is the side with higher entropy, whatever the sign`(isAbove: Bool) throws {
    let scores = left.map { ($0 == 1) == isAbove ? Float(0.25) : -2 }
    let workers = ThreadPool(count: 2)
    defer { workers.close() }
    let found = Foreground(of: try field(scores), entropy: entropy, workers: workers)
    #expect(found.mask == left)
    #expect(found.side == (isAbove ? .above : .below))
  }

  @Test func `Foreground: a score of zero is not above zero`() throws {
    let found = Foreground(of: try field(left.map { Float($0) }), entropy: entropy)
    #expect(found.mask == left)
  }

  @Test(arguments: [Float(1), -1])
  func `Foreground: an empty side has mean zero`(score: Float) throws {
    let found = Foreground(of: try field(Array(repeating: score, count: 1200)), entropy: entropy)
    #expect(found.side == (score > 0 ? .above : .below))
    #expect(found.mask == Array(repeating: 1, count: 1200))
  }

  @Test func `Foreground: of equal sides it is the one above zero`() throws {
    let calm = LocalEntropy(of: Array(repeating: 9, count: 1200), size: size)
    let found = Foreground(of: try field(left.map { Float($0) - 0.5 }), entropy: calm)
    #expect(found.side == .above && found.mask == left)
  }
}
