import Foundation
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Sampling error") struct SamplingErrorTests {
  @Test(arguments: [
    Size(width: 16, height: 32), Size(width: 13, height: 9), Size(width: 8, height: 11),
  ])
  func `TwoPointCorrelation: values are counts of pairs`(size: Size) {
    var chance = SeededNumbers(seed: size.width)
    let inside = (0..<size.width * size.height).map { _ in chance.below(3) == 0 }
    let found = TwoPointCorrelation(of: inside, size: size)
    for down in 0..<size.height {
      for right in 0..<size.width {
        var count = 0
        for y in 0..<size.height {
          for x in 0..<size.width where inside[y * size.width + x] {
            let (row, column) = ((y + down) % size.height, (x + right) % size.width)
            if inside[row * size.width + column] { count += 1 }
          }
        }
        let expected = Double(count) / Double(inside.count)
        #expect(abs(found(right: right, down: down) - expected) < 1e-12)
        #expect(
          abs(found(right: right == 0 ? 0 : right - size.width, down: down) - expected) < 1e-12)
      }
    }
    #expect(abs(found.radial[0] - found.fraction) < 1e-15)
  }

  /// A random field above a level that a known share of it exceeds.
  private func picture(_ chance: inout SeededNumbers, side: Int, radius: Int, level: Float)
    -> [Bool]
  {
    let wide = side + 6 * radius
    var planes = [Matrix(rows: 1, columns: wide * wide, chance.floats(wide * wide))]
    for _ in 0..<3 {
      let next = MutableMatrix(rows: 1, columns: wide * wide)
      ScoreKernels.current.box(
        planes[0].all, width: wide, radius: radius, rows: 0..<wide, into: next.all)
      planes = [next.frozen()]
    }
    return (0..<side * side).map { place in
      let (x, y) = (place % side + 3 * radius, place / side + 3 * radius)
      return planes[0][0, y * wide + x] > level
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `SamplingError: the interval holds the material's fraction as often as it says`() {
    // Three boxes' squares add up to the variance of what they make of numbers of variance 1/3.
    let radius = 4
    var kernel = [1.0]
    for _ in 0..<3 {
      var next = [Double](repeating: 0, count: kernel.count + 2 * radius)
      for (place, value) in kernel.enumerated() {
        for shift in 0...2 * radius { next[place + shift] += value / Double(2 * radius + 1) }
      }
      kernel = next
    }
    let squares = kernel.reduce(0) { $0 + $1 * $1 }
    let deviation = (squares * squares / 3).squareRoot()
    var chance = SeededNumbers(seed: 11)
    let workers = ThreadPool(count: 2)
    defer { workers.close() }
    var held = 0
    for index in 0..<200 {
      let z = [0.0, 0.5, -0.6, 1.0][index % 4]
      let fraction = 0.5 * erfc(z / 2.0.squareRoot())
      let inside = picture(
        &chance, side: 256, radius: radius, level: Float(z * deviation))
      let found = SamplingError(of: inside, size: Size(width: 256, height: 256), workers: workers)
      if found?.interval.contains(fraction) ?? false { held += 1 }
    }
    #expect((184...196).contains(held), "\(held) of 200")
  }

  @Test func `SamplingError: a phase that is nowhere or everywhere has none`() {
    let size = Size(width: 20, height: 20)
    #expect(SamplingError(of: [Bool](repeating: true, count: 400), size: size) == nil)
    #expect(SamplingError(of: [Bool](repeating: false, count: 400), size: size) == nil)
    let half = (0..<400).map { $0 % 2 == 0 }
    #expect(SamplingError(of: half, size: size)?.fraction == 0.5)
  }

  @Test func `SamplingError: a larger image has a narrower interval`() throws {
    var chance = SeededNumbers(seed: 5)
    let small = picture(&chance, side: 128, radius: 3, level: 0)
    let large = picture(&chance, side: 512, radius: 3, level: 0)
    let a = try #require(SamplingError(of: small, size: Size(width: 128, height: 128)))
    let b = try #require(SamplingError(of: large, size: Size(width: 512, height: 512)))
    #expect(b.deviation < a.deviation / 2)
    #expect(abs(b.length / a.length - 1) < 0.5)
    #expect(abs(b.side(forError: 1.96 * b.deviation) / 512 - 1) < 1e-3)
  }
}
