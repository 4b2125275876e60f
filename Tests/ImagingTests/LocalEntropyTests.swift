import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing

@Suite("Local entropy") struct LocalEntropyTests {
  struct Case: Decodable {
    let width: Int
    let height: Int
    let radius: Int
    let levels: [UInt8]
    let entropy: [Float]
  }

  @Test func `LocalEntropy: values equal scikit-image's`() throws {
    let path = packageFolder.appending(path: "Tests/Fixtures/Entropy/entropy.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: path))
    #expect(cases.count == 5)
    for expected in cases {
      let found = LocalEntropy(
        of: expected.levels, size: Size(width: expected.width, height: expected.height),
        radius: expected.radius)
      #expect(found.values.count == expected.entropy.count)
      for (a, b) in zip(found.values, expected.entropy) { try #require(abs(a - b) <= 2e-6) }
    }
  }

  @Test(arguments: 0..<12)
  func `LocalEntropy: a sliding histogram equals one counted anew at every pixel`(seed: Int) throws
  {
    var chance = SeededNumbers(seed: seed)
    let size = Size(width: 1 + chance.below(40), height: 1 + chance.below(20))
    let (radius, kinds) = (chance.below(7), 1 + chance.below(256))
    let levels = (0..<size.width * size.height).map { _ in UInt8(chance.below(kinds)) }
    let found = LocalEntropy(of: levels, size: size, radius: radius)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let expected = entropy(around: x, y, of: levels, size, radius)
        try #require(abs(Double(found.values[y * size.width + x]) - expected) <= 1e-6)
      }
    }
  }

  private func entropy(around x: Int, _ y: Int, of levels: [UInt8], _ size: Size, _ radius: Int)
    -> Double
  {
    var counts: [UInt8: Double] = [:]
    for (place, level) in levels.enumerated() {
      let (dx, dy) = (place % size.width - x, place / size.width - y)
      if dx * dx + dy * dy <= radius * radius { counts[level, default: 0] += 1 }
    }
    let total = counts.values.reduce(0, +)
    return -counts.values.reduce(0) { $0 + $1 / total * log2($1 / total) }
  }

  @Test func `LocalEntropy: values are the same with any number of threads`() {
    let size = Size(width: 50, height: 40)
    let levels = (0..<2000).map { UInt8($0 * 7919 % 251) }
    let alone = LocalEntropy(of: levels, size: size).values
    for count in 1...3 {
      let workers = ThreadPool(count: count)
      defer { workers.close() }
      #expect(LocalEntropy(of: levels, size: size, workers: workers).values == alone)
    }
  }
}

@Suite("Grey levels") struct GreyLevelsTests {
  @Test func `Grey levels: 8-bit grey is unchanged, cut to the shown part`() throws {
    let size = Size(width: 19, height: 17)
    let samples = (0..<size.width * size.height).map { UInt8($0 % 256) }
    let grey = try Intensities(
      Raster(size: size, channels: 1, samples: .uint8(samples)), scale: .none)
    let padded = try #require(Canvas(size, fit: .pad, patch: 8))
    #expect(grey.greyLevels(of: padded) == samples)
    let cropped = try #require(Canvas(size, fit: .crop, patch: 8))
    let expected = (0..<16).flatMap { y in
      (0..<16).map { samples[(y + cropped.top) * 19 + $0 + cropped.left] }
    }
    #expect(grey.greyLevels(of: cropped) == expected)
  }

  @Test
  func `Grey levels: colours are weighted by BT.601, and levels beyond white are white`() throws {
    let size = Size(width: 4, height: 1)
    let samples: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 3, 3, 3]
    let colours = try Intensities(
      Raster(size: size, channels: 3, samples: .float32(samples)), scale: .none)
    let canvas = try #require(Canvas(size, fit: .pad, patch: 1))
    #expect(colours.greyLevels(of: canvas) == [76, 150, 29, 255])
  }
}
