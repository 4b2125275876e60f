import Fields
import Foundation
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Suggestions") struct SuggestionsTests {
  private let size = Size(width: 400, height: 300)

  private func map(_ value: (Int, Int) -> Float, _ size: Size) -> Matrix {
    let values = (0..<size.width * size.height).map { value($0 % size.width, $0 / size.width) }
    return Matrix(rows: 1, columns: values.count, values)
  }

  private func labels(_ id: (Int, Int) -> UInt8, _ size: Size) -> LabelImage {
    LabelImage(
      size: size,
      ids: (0..<size.width * size.height).map { id($0 % size.width, $0 / size.width) })
  }

  private func suggestions(
    _ uncertainty: Matrix, predicted: LabelImage? = nil, labelled: LabelImage? = nil,
    _ novelty: ((Int, Int) -> Float)? = nil, in size: Size
  ) -> [Suggestions.Box] {
    let places = Suggestions.Places(in: size)
    let values = (0..<places.count).map { novelty?(places[$0].x, places[$0].y) ?? 0 }
    return Suggestions(
      uncertainty: uncertainty, predicted: predicted ?? labels({ _, _ in 1 }, size),
      labelled: labelled, places: places, novelty: values
    ).boxes
  }

  /// A bump at each place, of a height.
  private func bumps(_ all: [(x: Int, y: Int, height: Float)]) -> (Int, Int) -> Float {
    { x, y in
      all.map { bump in
        let (dx, dy) = (Float(x - bump.x), Float(y - bump.y))
        return bump.height * exp(-(dx * dx + dy * dy) / 200)
      }.max() ?? 0
    }
  }

  @Test func `Suggestions: boxes lie over what is most uncertain, best first, without overlap`()
    throws
  {
    let bumps = bumps([(60, 60, 0.5), (300, 200, 0.9), (320, 70, 0.7), (80, 220, 0.2)])
    let boxes = suggestions(map(bumps, size), in: size)
    try #require(boxes.count == 3)
    for (box, (x, y)) in zip(boxes, [(300, 200), (320, 70), (60, 60)]) {
      #expect(box.width == 96 && box.height == 96)
      #expect(abs(box.x + 48 - x) <= 12 && abs(box.y + 48 - y) <= 12, "\(box)")
      #expect(box.score == box.uncertainty && box.novelty == 0)
    }
    for (index, one) in boxes.enumerated() {
      for other in boxes[..<index] {
        #expect(one.score <= other.score)
        #expect(abs(one.x - other.x) >= 96 || abs(one.y - other.y) >= 96)
      }
    }
  }

  @Test func `Suggestions: the uncertainty is blurred by a Gaussian that ends at the border`() {
    var chance = SeededNumbers(seed: 3)
    let size = Size(width: 70, height: 50)
    let values = chance.floats(70 * 50, upTo: 0.5).map { $0 + 0.5 }
    let uncertainty = Matrix(rows: 1, columns: values.count, values)
    let places = Suggestions.Places(in: size)
    let found = Suggestions(
      uncertainty: uncertainty, predicted: labels({ _, _ in 1 }, size), labelled: nil,
      places: places, novelty: Array(repeating: 0, count: places.count)
    ).boxes
    // One box: the image is smaller than two.
    #expect(found.count == 1 && found[0].width == 70 && found[0].height == 50)
    let means = (0..<places.count).map { index -> Double in
      let (x, y) = places[index]
      var (sum, weight) = (0.0, 0.0)
      for row in max(y - 24, 0)...min(y + 24, 49) {
        for column in max(x - 24, 0)...min(x + 24, 69) {
          let square = (row - y) * (row - y) + (column - x) * (column - x)
          let share = exp(-Double(square) / 128)
          sum += share * Double(values[row * 70 + column])
          weight += share
        }
      }
      return sum / weight
    }
    #expect(abs(Double(found[0].uncertainty) - (means.max() ?? 0)) < 1e-5)
  }

  @Test func `Suggestions: pixels by a predicted interface do not count, farther ones do`() throws {
    // Along x = 100 two classes meet; only there, within three pixels, is anything unsure.
    let predicted = labels({ x, _ in x < 100 ? 1 : 2 }, size)
    let thin = map({ x, _ in (97..<103).contains(x) ? 1 : 0 }, size)
    #expect(suggestions(thin, predicted: predicted, in: size).allSatisfy { $0.score == 0 })
    let wide = map({ x, _ in (96..<104).contains(x) ? 1 : 0 }, size)
    let boxes = suggestions(wide, predicted: predicted, in: size)
    #expect(try #require(boxes.first).score > 0 && abs(boxes[0].x + 48 - 100) < 30)
  }

  @Test func `Suggestions: what is labelled is not suggested again`() throws {
    let bumps = bumps([(60, 60, 0.9), (300, 200, 0.5)])
    let labelled = labels({ x, y in x == 66 && y == 60 ? 3 : 0 }, size)
    let boxes = suggestions(map(bumps, size), labelled: labelled, in: size)
    #expect(try #require(boxes.first).x > 200)
    for box in boxes {
      #expect(abs(box.x + 48 - 66) > 24 || abs(box.y + 48 - 60) > 24, "\(box)")
    }
    let everywhere = labels({ _, _ in 1 }, size)
    #expect(suggestions(map(bumps, size), labelled: everywhere, in: size).isEmpty)
  }

  @Test func `Suggestions: novelty adds to uncertainty`() throws {
    let bumps = bumps([(60, 60, 0.5)])
    let boxes = suggestions(map(bumps, size), { x, y in x > 300 && y > 200 ? 1 : 0 }, in: size)
    #expect(try #require(boxes.first).novelty == 1 && boxes[0].x + 48 > 300)
    #expect(boxes[0].score == boxes[0].uncertainty + boxes[0].novelty)
  }

  @Test(arguments: [(1, 1), (1, 500), (97, 5), (5000, 3), (3000, 2000)])
  func `Suggestions: images of any size have places inside, and boxes of their own size at most`(
    width: Int, height: Int
  ) {
    let size = Size(width: width, height: height)
    let places = Suggestions.Places(in: size)
    #expect((1...8192).contains(places.count))
    for index in 0..<places.count {
      #expect((0..<width).contains(places[index].x) && (0..<height).contains(places[index].y))
    }
    guard width * height < 100_000 else { return }
    let boxes = suggestions(map({ x, y in Float((x + y) % 7) / 7 }, size), in: size)
    #expect((1...3).contains(boxes.count))
    for box in boxes {
      #expect(box.x >= 0 && box.x + box.width <= width && box.width == min(96, width))
      #expect(box.y >= 0 && box.y + box.height <= height && box.height == min(96, height))
    }
  }

  @Test(arguments: [FeatureSet.classical(.scales42), .hybrid(.scales42), .deep])
  func `Suggestions: novelty is the distance to the nearest labelled pixel in standard features`(
    set: FeatureSet
  ) throws {
    let scene = Scene(seed: 4)
    let image = scene.image("a")
    let places = Suggestions.Places(in: scene.grey.size)
    let found = try Suggestions.novelty(at: places, in: image, set)
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    #expect(try Suggestions.novelty(at: places, in: image, set, workers: workers) == found)

    // Fewer labels than are compared with: all of them.
    let width = scene.labels.size.width
    let labelled = scene.labels.ids.indices.filter { scene.labels.ids[$0] != 0 }.prefix(200)
    let few = LabelImage(
      size: scene.labels.size,
      ids: scene.labels.ids.indices.map { labelled.contains($0) ? scene.labels.ids[$0] : 0 })
    let part = TrainingImage(
      key: "a", deep: image.deep, grey: image.grey, labels: few, cell: 4)
    let points = (0..<places.count).map { places[$0] }
    let rows = labelled.map { (x: $0 % width, y: $0 / width) }
    func features(_ all: [(x: Int, y: Int)]) -> [[Double]] {
      var out = all.map { _ in [Double]() }
      func add(_ matrix: Matrix) {
        for row in out.indices { out[row] += matrix.row(row).map { Double($0) } }
      }
      for field in set.isDeep ? image.deep : [] {
        let part = MutableMatrix(rows: all.count, columns: field.dim)
        field.sample(all, into: part.all)
        add(part.frozen())
      }
      if let classical = set.classical {
        add(ClassicalFeatures(of: scene.grey, classical).sample(all))
      }
      return out
    }
    let (seen, known) = (features(points), features(rows))
    let dims = seen[0].indices
    let mean = dims.map { d in seen.reduce(0) { $0 + $1[d] } / Double(seen.count) }
    let deviation = dims.map { d in
      (seen.reduce(0) { $0 + ($1[d] - mean[d]) * ($1[d] - mean[d]) } / Double(seen.count))
        .squareRoot()
    }
    let distances = seen.map { place in
      known.map { row in
        dims.reduce(0) { sum, d in
          let step = (place[d] - row[d]) / (deviation[d] > 0 ? deviation[d] : 1)
          return sum + step * step
        }.squareRoot()
      }.min() ?? 0
    }
    let largest = try #require(distances.max())
    let novelty = try Suggestions.novelty(at: places, in: part, set)
    for (a, b) in zip(novelty, distances) { #expect(abs(Double(a) - b / largest) < 1e-3) }
  }

  @Test func `Suggestions: without labels nothing is novel`() throws {
    let scene = Scene(seed: 5)
    let none = LabelImage(
      size: scene.labels.size, ids: Array(repeating: 0, count: scene.labels.ids.count))
    let image = TrainingImage(
      key: "a", deep: [], grey: scene.grey, labels: none, cell: 4)
    let places = Suggestions.Places(in: scene.grey.size)
    let novelty = try Suggestions.novelty(at: places, in: image, .classical(.scales42))
    #expect(novelty.count == places.count && novelty.allSatisfy { $0 == 0 })
  }
}
