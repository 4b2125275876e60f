import Analysis
import Featurization
import Foundation
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Saliency and boxes") struct ObjectsOutputTests {
  private static let size = Size(width: 137, height: 110)

  /// A bright rectangle of three by four cells on dark ground, with noise.
  private static let image: Raster = {
    let noise = Raster.noise(size.width, size.height, seed: 5)
    let samples = (0..<size.width * size.height).map { place -> UInt8 in
      let (x, y) = (place % size.width, place / size.width)
      let level = noise.level(0, x: x, y: y) ?? 0
      return UInt8(level) / 8 + ((28..<70).contains(x) && (42..<98).contains(y) ? 180 : 20)
    }
    return Raster(size: size, channels: 1, samples: .uint8(samples))
  }()

  private struct Listing: Decodable {
    struct Box: Decodable {
      let bbox: [Int]
      let area: Int
      let score: Double
      let centroid: [Double]
    }

    let method: String
    let width: Int
    let eigenvalues: [Double]
    let boxes: [Box]
  }

  private func field(_ raster: Raster = image, _ query: String = "") async throws -> KeptField {
    try await KeptField(StubFeaturizer(), raster, "quality=draft&\(query)")
  }

  private func listing(_ field: KeptField, _ query: String) async throws -> Listing {
    let answer = try await field.ask("output=boxes&\(query)")
    return try await JSONDecoder().decode(Listing.self, from: Data(answer.bytes()))
  }

  @Test(arguments: ["tokencut", "spectral", "lost", "most"])
  func `Boxes: a bright rectangle on dark ground is the object`(method: String) async throws {
    let found = try await listing(field(), "method=\(method)")
    #expect(found.method == method && found.width == Self.size.width)
    #expect(found.boxes.map(\.bbox) == [[28, 42, 42, 56]])
    #expect(found.boxes.map(\.area) == [42 * 56])
    #expect(found.boxes.map(\.centroid) == [[49, 70]])
    #expect((found.boxes.first?.score ?? 0) > 0.5)
    #expect(found.eigenvalues.isEmpty == ["lost", "most"].contains(method))
  }

  @Test func `Boxes: of clusters the largest part of the foreground comes first`() async throws {
    let field = try await field()
    let found = try await listing(field, "method=clusters")
    #expect(found.method == "clusters" && !found.boxes.isEmpty && found.eigenvalues.isEmpty)
    let first = try #require(found.boxes.first)
    #expect(first.score == 1 && found.boxes.dropFirst().allSatisfy { $0.score <= 1 })
    #expect(found.boxes.dropFirst().allSatisfy { $0.area > 200 && $0.area <= first.area })
    for box in found.boxes {
      #expect(box.bbox[0] >= 0 && box.bbox[0] + box.bbox[2] <= Self.size.width)
      #expect(box.bbox[2] * box.bbox[3] >= box.area)
    }
    let other = try await listing(field, "method=clusters&centre=true")
    #expect(other.method == "clusters")
  }

  @Test func `Boxes: GeoJSON has the corners of each`() async throws {
    let bytes = try await field().ask("output=boxes&format=geojson").bytes()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("[[[28,42],[70,42],[70,98],[28,98],[28,42]]]"))
  }

  @Test func `Boxes: an object at the edge ends with the picture`() async throws {
    let noise = Raster.noise(Self.size.width, Self.size.height, seed: 6)
    let samples = (0..<Self.size.width * Self.size.height).map { place -> UInt8 in
      let (x, y) = (place % Self.size.width, place / Self.size.width)
      let level = noise.level(0, x: x, y: y) ?? 0
      return UInt8(level) / 8 + (x >= 98 && y >= 84 ? 180 : 20)
    }
    let image = Raster(size: Self.size, channels: 1, samples: .uint8(samples))
    let found = try await listing(field(image), "")
    #expect(found.boxes.map(\.bbox) == [[98, 84, 39, 26]])
  }

  @Test func `Saliency: without refinement the mask is the object's cells`() async throws {
    let mask = try await decode(
      field().ask("output=saliency&clean=none").bytes(), limits: DecodingLimits())
    #expect(mask.size == Self.size)
    for y in 0..<Self.size.height {
      for x in 0..<Self.size.width {
        let isInside = (28..<70).contains(x) && (42..<98).contains(y)
        #expect(mask.level(0, x: x, y: y) == (isInside ? 255 : 0), "\(x), \(y)")
      }
    }
  }

  /// A dark picture with bright rectangles.
  private func picture(_ bright: [(x: Range<Int>, y: Range<Int>)], without dark: Range<Int>? = nil)
    -> Raster
  {
    let samples = (0..<Self.size.width * Self.size.height).map { place -> UInt8 in
      let (x, y) = (place % Self.size.width, place / Self.size.width)
      let isDark = dark.map { $0.contains(x) && $0.contains(y) } ?? false
      return !isDark && bright.contains { $0.x.contains(x) && $0.y.contains(y) } ? 200 : 20
    }
    return Raster(size: Self.size, channels: 1, samples: .uint8(samples))
  }

  @Test func `Saliency: holes are filled, and of several parts the largest stays`() async throws {
    func level(_ raster: Raster, _ query: String, x: Int, y: Int) async throws -> Int? {
      let mask = try await decode(
        field(raster).ask("output=saliency&clean=none\(query)").bytes(), limits: DecodingLimits())
      return mask.level(0, x: x, y: y).map { Int($0) }
    }
    let ring = picture([(28..<98, 28..<98)], without: 56..<70)
    #expect(try await level(ring, "", x: 35, y: 35) == 255)
    #expect(try await level(ring, "", x: 63, y: 63) == 255)
    let two = picture([(28..<70, 28..<70), (98..<112, 70..<84)])
    #expect(try await level(two, "&method=spectral", x: 49, y: 49) == 255)
    #expect(try await level(two, "&method=spectral", x: 105, y: 77) == 0)
  }

  @Test func `Saliency: the edge follows the picture's where cells do not`() async throws {
    // The rectangle begins and ends within cells.
    let shifted = Raster(
      size: Self.size, channels: 1,
      samples: .uint8(
        (0..<Self.size.width * Self.size.height).map { place in
          let (x, y) = (place % Self.size.width, place / Self.size.width)
          return (33..<75).contains(x) && (47..<103).contains(y) ? 200 : 20
        }))
    let field = try await field(shifted)
    func wrong(_ query: String) async throws -> Int {
      let mask = try await decode(
        field.ask("output=saliency\(query)").bytes(), limits: DecodingLimits())
      return (0..<Self.size.width * Self.size.height).count { place in
        let (x, y) = (place % Self.size.width, place / Self.size.width)
        let isInside = (33..<75).contains(x) && (47..<103).contains(y)
        return mask.level(0, x: x, y: y) != (isInside ? 255 : 0)
      }
    }
    let (rough, fine) = (try await wrong("&clean=none"), try await wrong(""))
    #expect(fine < rough / 2, "\(fine) of \(rough)")
  }

  @Test func `Saliency: the array is positive inside and at most one`() async throws {
    let field = try await field()
    let map = try await field.array("output=saliency&format=npy")
    #expect(map.shape == [110, 137])
    #expect(map.values[70 * 137 + 49] > 0 && map.values[5 * 137 + 120] < 0)
    let largest = map.values.map { abs($0) }.max() ?? 2
    #expect(largest <= 1 && largest > 0.8)
    let part = try await field.array("output=saliency&format=npy&region=40,60,3,2")
    #expect(part.shape == [2, 3] && part.values[4] == map.values[61 * 137 + 41])
  }

  @Test(arguments: ["tokencut", "spectral", "lost", "most"])
  func `Boxes: a constant image has no contrast`(method: String) async throws {
    let flat = Raster(
      size: Self.size, channels: 1,
      samples: .uint8(Array(repeating: 90, count: Self.size.width * Self.size.height)))
    let field = try await field(flat)
    await #expect(throws: FeaturizationError.analysis(.noContrast)) {
      try await field.ask("output=boxes&method=\(method)")
    }
  }

  @Test func `Boxes: they are those of the first view, whatever the others`() async throws {
    let one = try await field(Self.image, "flips=none").ask("output=boxes")
    let four = try await field(Self.image, "flips=both").ask("output=boxes")
    #expect(one.name == four.name)
    #expect(try await one.bytes() == four.bytes())
  }
}
