import Featurization
import Imaging
import Support
import Testing

/// A direct computation: each pixel is followed into each view, and its patch's mean is taken.
///
/// It uses nothing of the code under test but the parsed request.
private struct Oracle {
  let image: Raster
  let patch: Int
  /// The part of the image that is encoded: its size and its top-left corner.
  let height: Int
  let width: Int
  let top: Int
  let left: Int

  /// The image's level 0…1 at an encoded pixel, mirrored beyond its edge.
  func level(_ channel: Int, _ y: Int, _ x: Int) -> Double {
    func mirrored(_ i: Int, _ n: Int) -> Int {
      var i = n == 1 ? 0 : i
      while i < 0 || i >= n { i = i < 0 ? -i : 2 * (n - 1) - i }
      return i
    }
    let (row, column) = (mirrored(y + top, image.size.height), mirrored(x + left, image.size.width))
    return Double(image.level(channel, x: column, y: row) ?? 0) / 255
  }

  /// The stub's vector of the patch that contains pixel (y, x) after a shift and flips.
  func vector(
    _ y: Int, _ x: Int, down: Int = 0, right: Int = 0, flipsRows: Bool = false,
    flipsColumns: Bool = false
  ) -> [Double] {
    func moved(_ i: Int, _ shift: Int, _ flips: Bool, _ n: Int) -> Int {
      let j = ((i + shift) % n + n) % n
      return flips ? n - 1 - j : j
    }
    func back(_ j: Int, _ shift: Int, _ flips: Bool, _ n: Int) -> Int {
      (((flips ? n - 1 - j : j) - shift) % n + n) % n
    }
    let row = moved(y, down, flipsRows, height) / patch * patch
    let column = moved(x, right, flipsColumns, width) / patch * patch
    var sums = [Double](repeating: 0, count: 6)
    for i in 0..<patch {
      for j in 0..<patch {
        let y = back(row + i, down, flipsRows, height)
        let x = back(column + j, right, flipsColumns, width)
        let levels = (0..<3).map { level($0, y, x) }
        for channel in 0..<3 { sums[channel] += levels[channel] }
        sums[4] += levels[0] * Double(j)
        sums[5] += levels[0] * Double(i)
        if i == 0, j == 0 { sums[3] = levels[0] * Double(patch * patch) }
      }
    }
    return sums.map { $0 / Double(patch * patch) }
  }
}

@Suite("Answers against pixels") struct OracleTests {
  private func features(
    _ image: Raster, _ query: String, workers: Int = 2
  ) async throws -> ArrayFile {
    let stub = StubFeaturizer(workers: workers)
    return try await ArrayFile(stub.services.answer(image.png(), parse(query)).bytes())
  }

  /// Patches without stretching, nearest, at a stride of their size: what the oracle supports.
  private let plain = "scale=none&stride=14&upsample=nearest&alignment=patches"

  @Test(arguments: [(40, 31), (14, 14), (28, 15), (1, 1), (3, 60), (45, 5)])
  func `Features: under the identity each pixel has its patch's mean, padded by reflection`(
    width: Int, height: Int
  ) async throws {
    for channels in [1, 3] {
      let image = Raster.noise(width, height, channels: channels, seed: 5)
      let file = try await features(image, "\(plain)&flips=none&fit=pad")
      #expect(file.shape == [height, width, 6])
      let oracle = Oracle(
        image: image, patch: 14, height: (height + 13) / 14 * 14, width: (width + 13) / 14 * 14,
        top: 0, left: 0)
      try compare(file, with: oracle, views: [(0, 0, false, false)])
    }
  }

  @Test(arguments: [
    ("none", "none", 1), ("both", "none", 4), ("hrdv2", "none", 4), ("none", "1", 9),
    ("none", "3,20", 17), ("vertical", "5", 18), ("hrdv2", "1", 36),
  ])
  func `Features: views are averaged where their patches are in the image`(
    flips: String, shifts: String, count: Int
  ) async throws {
    let image = Raster.noise(45, 33, seed: 9)
    let query = "\(plain)&flips=\(flips)&shifts=\(shifts)&fit=crop"
    let file = try await features(image, query)
    // 33 rows leave 28, 45 columns 42: margins 5 and 3, of which 2 are cut off at the top and left.
    let oracle = Oracle(image: image, patch: 14, height: 28, width: 42, top: 2, left: 2)
    let flipped: [(Bool, Bool)] =
      switch flips {
      case "both": [(false, false), (false, true), (true, false), (true, true)]
      case "hrdv2": [(false, false), (false, false), (false, true), (true, false)]
      case "vertical": [(false, false), (true, false)]
      default: [(false, false)]
      }
    var moves = [(0, 0)]
    for distance in shifts.split(separator: ",").compactMap({ Int($0) }) {
      for down in [-distance, 0, distance] {
        for right in [-distance, 0, distance] where (down, right) != (0, 0) {
          moves.append((down, right))
        }
      }
    }
    let views = moves.flatMap { move in flipped.map { (move.0, move.1, $0.0, $0.1) } }
    #expect(views.count == count)
    try compare(file, with: oracle, views: views)
  }

  private func compare(
    _ file: ArrayFile, with oracle: Oracle, views: [(Int, Int, Bool, Bool)]
  ) throws {
    let values = file.values
    let (height, width) = (file.shape[0], file.shape[1])
    try #require(values.count == height * width * 6)
    var largest = 0.0
    for y in 0..<height {
      for x in 0..<width {
        var sum = [Double](repeating: 0, count: 6)
        for (down, right, flipsRows, flipsColumns) in views {
          let vector = oracle.vector(
            y, x, down: down, right: right, flipsRows: flipsRows, flipsColumns: flipsColumns)
          for k in 0..<6 { sum[k] += vector[k] / Double(views.count) }
        }
        for k in 0..<6 {
          largest = max(largest, abs(Double(values[(y * width + x) * 6 + k]) - sum[k]))
        }
      }
    }
    #expect(largest < 1e-4)
  }

  @Test func `Features: quarter turns of a picture turn the features with it`() async throws {
    let side = 28
    let image = Raster.noise(side, side, seed: 4)
    guard case .uint8(let samples) = image.samples else { return }
    let turned = Raster(
      size: image.size, channels: 3,
      samples: .uint8(
        samples.indices.map { index in
          let (y, x) = (index / 3 / side, index / 3 % side)
          return samples[((side - 1 - x) * side + y) * 3 + index % 3]
        }))
    // Only a whole group of views is independent of the picture's orientation.
    let query = "stride=7&flips=none&rotations=quarter"
    let one = try await features(image, query).values
    let other = try await features(turned, query).values
    var largest: Float = 0
    for y in 0..<side {
      for x in 0..<side {
        for k in 0..<6 {
          let difference =
            other[(y * side + x) * 6 + k] - one[((side - 1 - x) * side + y) * 6 + k]
          largest = max(largest, abs(difference))
        }
      }
    }
    #expect(largest < 1e-5)
    let unturned = try await features(image, "stride=7&flips=none").values
    #expect(zip(one, unturned).contains { abs($0 - $1) > 1e-3 })
  }

  @Test
  func `Features: grid=patch and cls are the encoder's own, of the identity view`() async throws {
    let image = Raster.noise(28, 42, seed: 2)
    let file = try await features(image, "scale=none&grid=patch&stride=14")
    #expect(file.shape == [3, 2, 6])
    let oracle = Oracle(image: image, patch: 14, height: 42, width: 28, top: 0, left: 0)
    for (index, value) in file.values.enumerated() {
      let (row, column) = (index / 12, index / 6 % 2)
      let expected = oracle.vector(row * 14, column * 14)[index % 6]
      #expect(abs(Double(value) - expected) < 1e-5)
    }
    let token = try await features(image, "scale=none&output=cls&stride=14").values
    for k in 0..<6 {
      let column = stride(from: k, to: 36, by: 6).map { file.values[$0] }
      #expect(abs(token[k] - column.reduce(0, +) / 6) < 1e-5)
    }
  }

  @Test func `Features: scale determines the encoder's input`() async throws {
    let image = Raster(
      size: Size(width: 14, height: 14), channels: 1,
      samples: .uint8((0..<196).map { UInt8($0 < 98 ? 20 : 100) }))
    for (scale, expected) in [
      ("auto", 0.5), ("hrdv2", 60.0 / 255), ("none", 60.0 / 255), ("max", 0.6), ("percentile", 0.5),
      ("0,200", 0.3), ("20,60", 0.5),
    ] {
      let value = try await features(image, "output=cls&scale=\(scale)").values[0]
      #expect(abs(Double(value) - expected) < 1e-5, "\(scale)")
    }
  }
}
