import Tensors
import Foundation
import Imaging
import Support
import Testing

@Suite("Resize") struct ResizeTests {
  static let path = packageFolder.appending(path: "Tests/Fixtures/Resize/resize.safetensors")

  /// A tensor of the fixtures as a raster; its name begins with the sample type.
  private func raster(_ name: String, in file: TensorFile) throws -> Raster {
    let array = try file.array(name)
    let values = array.floats()
    let samples: Raster.Samples =
      switch array.type {
      case .uint8: .uint8(values.map { UInt8($0) })
      case .uint16: .uint16(values.map { UInt16($0) })
      default: .float32(values)
      }
    return Raster(
      size: Size(width: array.shape[1], height: array.shape[0]),
      channels: array.shape.count == 3 ? array.shape[2] : 1, samples: samples)
  }

  private func levels(_ raster: Raster) -> [Float] {
    switch raster.samples {
    case .uint8(let values): values.map { Float($0) }
    case .uint16(let values): values.map { Float($0) }
    case .float32(let values): values
    case .float64(let values): values.map { Float($0) }
    }
  }

  private func distance(_ a: Raster, _ b: Raster) -> Float {
    zip(levels(a), levels(b)).map { ($0 - $1).magnitude }.max() ?? 0
  }

  @Test func `Resize: pictures equal Pillow's`() throws {
    let file = try TensorFile([UInt8](try Data(contentsOf: Self.path)))
    var compared = 0
    for name in file.header.tensors.keys.sorted() {
      let parts = name.split(separator: ".")
      guard parts.count == 3, let side = Int(parts[2]) else { continue }
      let picture = try raster(parts[0..<2].joined(separator: "."), in: file)
      let expected = try raster(name, in: file)
      let target = picture.size.fitted(longestSide: side)
      #expect(target == expected.size, "\(name)")
      // The tolerance in levels for 8 bits and for 16; relative to 1 for floats.
      let bound: Float = parts[0] == "float" ? 2e-6 : parts[0] == "deep" ? 1 : 0
      #expect(distance(picture.resized(to: target), expected) <= bound, "\(name)")
      compared += 1
    }
    #expect(compared == 76)
  }

  /// Noise of one of the three sample types.
  private func noise(_ size: Size, _ channels: Int, _ kind: Int, _ random: inout SeededNumbers)
    -> Raster
  {
    let count = size.width * size.height * channels
    let samples: Raster.Samples =
      switch kind {
      case 0: .uint8((0..<count).map { _ in UInt8(random.below(256)) })
      case 1: .uint16((0..<count).map { _ in UInt16(random.below(65536)) })
      default: .float32(random.floats(count, upTo: 8))
      }
    return Raster(size: size, channels: channels, samples: samples)
  }

  private func size(_ random: inout SeededNumbers) -> Size {
    Size(width: 1 + random.below(24), height: 1 + random.below(24))
  }

  /// Every pixel directly from all pixels, without separating the axes, in double precision.
  private func oracle(_ raster: Raster, _ target: Size) -> [Float] {
    func weights(_ length: Int, _ count: Int, _ index: Int) -> [Double] {
      let step = Double(length) / Double(count)
      let reach = max(step, 1)
      let raw = (0..<length).map { place in
        let x = abs(Double(place) + 0.5 - (Double(index) + 0.5) * step) / reach
        return x < 1
          ? 1.5 * pow(x, 3) - 2.5 * pow(x, 2) + 1
          : x < 2 ? -0.5 * pow(x, 3) + 2.5 * pow(x, 2) - 4 * x + 2 : 0
      }
      let total = raw.reduce(0, +)
      return raw.map { $0 / total }
    }
    let (levels, channels) = (levels(raster), raster.channels)
    return (0..<target.height).flatMap { y in
      let down = weights(raster.size.height, target.height, y)
      return (0..<target.width).flatMap { x in
        let across = weights(raster.size.width, target.width, x)
        return (0..<channels).map { channel in
          var sum = 0.0
          for (row, a) in down.enumerated() {
            for (column, b) in across.enumerated() {
              let place = (row * raster.size.width + column) * channels + channel
              sum += a * b * Double(levels[place])
            }
          }
          return Float(sum)
        }
      }
    }
  }

  @Test func `Resize: any size to any other follows the definition`() {
    var random = SeededNumbers(seed: 6)
    for round in 0..<150 {
      let picture = noise(size(&random), round % 2 == 0 ? 1 : 3, 2, &random)
      let target = size(&random)
      let resized = picture.resized(to: target)
      #expect(resized.size == target && resized.channels == picture.channels)
      for (level, exact) in zip(levels(resized), oracle(picture, target)) {
        #expect(abs(level - exact) < 2e-5)
      }
    }
  }

  /// Levels far from black and white, so that nothing is clipped.
  @Test func `Resize: without clipping, integers differ by rounding alone`() {
    var random = SeededNumbers(seed: 9)
    for round in 0..<100 {
      let (size, target, channels) = (size(&random), size(&random), round % 3 == 0 ? 3 : 1)
      let count = size.width * size.height * channels
      let values = (0..<count).map { _ in UInt8(100 + random.below(56)) }
      let samples: Raster.Samples =
        round % 2 == 0 ? .uint8(values) : .uint16(values.map { UInt16($0) * 256 })
      let picture = Raster(size: size, channels: channels, samples: samples)
      for (level, exact) in zip(levels(picture.resized(to: target)), oracle(picture, target)) {
        // Half a level of the result, and of the first axis by magnitudes of weights up to 1.4.
        #expect(abs(level - exact) <= 1.2)
      }
    }
  }

  @Test func `Resize: a constant level is preserved, and the same size is the same picture`() {
    var random = SeededNumbers(seed: 10)
    for kind in 0..<3 {
      for _ in 0..<30 {
        let (from, to) = (size(&random), size(&random))
        let level = 1 + random.below(255)
        let count = from.width * from.height
        let samples: Raster.Samples =
          switch kind {
          case 0: .uint8(Array(repeating: UInt8(level), count: count))
          case 1: .uint16(Array(repeating: UInt16(level) * 257, count: count))
          default: .float32(Array(repeating: Float(level), count: count))
          }
        let flat = Raster(size: from, channels: 1, samples: samples)
        let scale: Float = kind == 1 ? 257 : 1
        let bound: Float = kind == 2 ? 1e-3 : 0
        for value in levels(flat.resized(to: to)) {
          #expect(abs(value - Float(level) * scale) <= bound)
        }
        let picture = noise(from, 3, kind, &random)
        #expect(picture.resized(to: from) == picture)
      }
    }
  }

  @Test func `Resize: the longest side is the requested one, the other at least 1`() {
    for width in 1...60 {
      for height in 1...60 {
        for side in [1, 2, 7, 59, 100, 4096] {
          let fitted = Size(width: width, height: height).fitted(longestSide: side)
          #expect(max(fitted.width, fitted.height) == side)
          #expect(min(fitted.width, fitted.height) >= 1)
          let shortest = Double(min(width, height)) * Double(side) / Double(max(width, height))
          let error = Double(min(fitted.width, fitted.height)) - max(shortest, 1)
          #expect(abs(error) <= 0.5)
        }
      }
    }
  }
}
