import Encoders
import Fields
import Files
import Foundation
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

/// Made-up pictures with fields, and labels of a few strokes.
struct Scene {
  let field: FeatureField
  let second: FeatureField
  let grey: GreyPicture
  let labels: LabelImage
  let truth: LabelImage

  /// Bright discs on a dark ground, with noise; classes 1 and 2, or 1, 2 and 5.
  init(seed: Int, width: Int = 90, height: Int = 70, classes: Int = 2) {
    var chance = SeededNumbers(seed: seed)
    let size = Size(width: width, height: height)
    var truth = [UInt8](repeating: 1, count: width * height)
    for _ in 0..<9 {
      let (x, y, r) = (chance.below(width), chance.below(height), 5 + chance.below(6))
      for row in 0..<height {
        for column in 0..<width
        where (row - y) * (row - y) + (column - x) * (column - x) < r * r {
          truth[row * width + column] = classes == 3 && (x + y) % 2 == 0 ? 5 : 2
        }
      }
    }
    let noise = chance.floats(width * height, upTo: 25)
    let level: [UInt8: Float] = [1: 70, 2: 150, 5: 210]
    grey = GreyPicture(
      size: size, levels: truth.indices.map { (level[truth[$0]] ?? 0) + noise[$0] })
    let isDrawn = (0..<width * height).map { ($0 / width) % 11 == 3 && ($0 % width) % 17 < 9 }
    labels = LabelImage(size: size, ids: truth.indices.map { isDrawn[$0] ? truth[$0] : 0 })
    self.truth = LabelImage(size: size, ids: truth)
    func field(_ dim: Int) -> FeatureField {
      let canvas = Canvas(size, fit: .pad, patch: 8)
      guard let canvas else { preconditionFailure("\(size) is too small") }
      let grid = Grid(of: canvas.encoded, patch: 8, stride: 4)
      return FeatureField(
        canvas: canvas, patch: 8, stride: 4, upsampling: .bilinear, alignment: .patches,
        views: [View(), View(right: 1)].map {
          (
            $0, 1,
            FeatureMap(
              grid: grid,
              vectors: Matrix(
                rows: grid.count, columns: dim, chance.floats(grid.count * dim, upTo: 1)))
          )
        })
    }
    (self.field, second) = (field(20), field(7))
  }

  func image(_ key: String) -> TrainingImage {
    TrainingImage(key: key, deep: [field, second], grey: grey, labels: labels, cell: 4)
  }

  static let classes = [LabelClass.unnamed(5), .unnamed(1), .unnamed(2), .unnamed(9)]

  func set(_ features: FeatureSet, _ key: String = "a") throws -> TrainingSet {
    try TrainingSet(of: [image(key)], classes: Scene.classes, options: .init(features: features))
  }

  func classifier(_ features: FeatureSet) throws -> Classifier {
    let set = try set(features)
    return try Classifier(
      .linear(LogisticRegression().fit(set)), of: set, classes: Scene.classes,
      provenance: provenance)
  }

  func forest(_ features: FeatureSet) throws -> Classifier {
    let set = try set(features)
    var training = ForestTraining()
    training.trees = 20
    return try Classifier(
      .trees(training.fit(set)), of: set, classes: Scene.classes, provenance: provenance)
  }

  private var provenance: Provenance {
    var provenance = Provenance()
    provenance.options = ["deep.stride": "4", "scale": "percentile"]
    provenance.fit.strength = 0.1
    provenance.created = "2026-01-02T03:04:05Z"
    return provenance
  }
}

let featureSets: [FeatureSet] = [
  .deep, .classical(.weka58), .classical(.scales42), .hybrid(.scales42), .hybrid(.weka58),
]

@Suite("Classifier") struct ClassifierTests {
  @Test(arguments: featureSets, [1, 2, 3, 7, 16])
  func `Classifier: labels of some pixels are those of all there`(
    set: FeatureSet, step: Int
  ) throws {
    let scene = Scene(seed: 6, classes: 3)
    let deep = [scene.field, scene.second]
    let workers = ThreadPool(count: 2)
    defer { workers.close() }
    for classifier in [try scene.classifier(set), try scene.forest(set)] {
      let all = try classifier.labels(deep: deep, grey: scene.grey)
      let some = try classifier.labels(
        deep: deep, grey: scene.grey, step: step, workers: workers)
      #expect(
        some.size == Size(width: (90 + step - 1) / step, height: (70 + step - 1) / step))
      let expected = Swift.stride(from: 0, to: 70, by: step).flatMap { row in
        Swift.stride(from: 0, to: 90, by: step).map { all.ids[row * 90 + $0] }
      }
      #expect(some.ids == expected)
      #expect(all.taken(every: step) == some)
    }
  }

  @Test(arguments: featureSets, [2, 3])
  func `Classifier: scores are its weights times the pixels' features`(
    set: FeatureSet, classes: Int
  ) throws {
    let scene = Scene(seed: 4, classes: classes)
    let classifier = try scene.classifier(set)
    let scores = try classifier.scores(deep: [scene.field, scene.second], grey: scene.grey)
    #expect(scores.ids == (classes == 3 ? [1, 2, 5] : [1, 2]))
    var chance = SeededNumbers(seed: 2)
    for _ in 0..<50 {
      let (x, y) = (chance.below(90), chance.below(70))
      var values: [Double] = []
      if set.isDeep {
        values += (scene.field.pixel(x: x, y: y) + scene.second.pixel(x: x, y: y)).map(Double.init)
      }
      if let name = set.classical {
        let row = ClassicalFeatures(of: scene.grey, name).sample([(x, y)]).row(0)
        let statistics = classifier.standardisation
        values += row.indices.map {
          (Double(row[$0]) - statistics.mean[$0]) / statistics.scale[$0]
        }
      }
      let model = try #require(classifier.model.linear)
      for k in scores.ids.indices {
        let expected = values.indices.reduce(model.intercepts[k]) {
          $0 + model.coefficients[k * values.count + $1] * values[$1]
        }
        let found = Double(scores.planes[k, y * 90 + x])
        try #require(abs(found - expected) <= 1e-4 * (1 + abs(expected)))
      }
    }
  }

  @Test(arguments: featureSets)
  func `Classifier: labels are the largest scores, with any number of threads`(set: FeatureSet)
    throws
  {
    let scene = Scene(seed: 6, classes: 3)
    let classifier = try scene.classifier(set)
    let deep = [scene.field, scene.second]
    let scores = try classifier.scores(deep: deep, grey: scene.grey)
    let expected = (0..<6300).map { pixel in
      let values = scores.ids.indices.map { scores.planes[$0, pixel] }
      return scores.ids[values.firstIndex(of: values.max() ?? 0) ?? 0]
    }
    for threads in 1...3 {
      let workers = ThreadPool(count: threads)
      defer { workers.close() }
      #expect(try classifier.labels(deep: deep, grey: scene.grey, workers: workers).ids == expected)
      let again = try classifier.scores(deep: deep, grey: scene.grey, workers: workers)
      #expect(again.planes.values == scores.planes.values)
      #expect(again.labels(workers: workers).ids == expected)
    }
  }

  @Test func `Classifier: a few strokes find what the picture shows`() throws {
    let scene = Scene(seed: 1)
    for set in [FeatureSet.classical(.scales42), .hybrid(.weka58)] {
      let found = try scene.classifier(set).labels(
        deep: [scene.field, scene.second], grey: scene.grey)
      let right = zip(found.ids, scene.truth.ids).count { $0 == $1 }
      #expect(Double(right) > 0.95 * 6300, "\(right) of 6300")
    }
  }

  @Test func `Classifier: it stops between bands when told so`() throws {
    let scene = Scene(seed: 1)
    let classifier = try scene.classifier(.classical(.scales42))
    #expect(throws: CancellationError.self) {
      try classifier.labels(deep: [], grey: scene.grey, shouldStop: { true })
    }
  }

  @Test func `Classifier: an image that lacks what it sees is refused`() throws {
    let scene = Scene(seed: 1)
    let classifier = try scene.classifier(.hybrid(.scales42))
    #expect(throws: SegmentationError.missing(.classical)) {
      try classifier.labels(deep: [scene.field, scene.second], grey: nil)
    }
    #expect(throws: SegmentationError.missing(.deep)) {
      try classifier.labels(deep: [], grey: scene.grey)
    }
    #expect(throws: SegmentationError.dimensions(found: 20, expected: 27)) {
      try classifier.labels(deep: [scene.field], grey: scene.grey)
    }
    let other = Scene(seed: 1, width: 91)
    #expect(throws: SegmentationError.self) {
      try classifier.labels(deep: [scene.field, scene.second], grey: other.grey)
    }
  }

  @Test func `Scores: probabilities add up to one, and uncertainty is what it says`() throws {
    let scene = Scene(seed: 8, classes: 3)
    let scores = try scene.classifier(.classical(.weka58)).scores(deep: [], grey: scene.grey)
    let found = scores.probabilities()
    let bytes = found.bytes()
    let kinds = ScoreKernels.Uncertainty.allCases.map { ($0, found.uncertainty($0)) }
    for pixel in stride(from: 0, to: 6300, by: 7) {
      let z = (0..<3).map { Double(scores.planes[$0, pixel]) }
      let e = z.map { exp($0 - (z.max() ?? 0)) }
      let p = e.map { $0 / e.reduce(0, +) }
      for k in 0..<3 {
        try #require(abs(Double(found.planes[k, pixel]) - p[k]) <= 1e-5)
        try #require(bytes[k * 6300 + pixel] == UInt8(255 * found.planes[k, pixel] + 0.5))
      }
      let order = p.sorted(by: >)
      for (kind, values) in kinds {
        let expected =
          switch kind {
          case .margin: 1 - (order[0] - order[1])
          case .entropy: p.reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) } / log(3)
          case .least: 1 - order[0]
          }
        try #require(abs(Double(values[0, pixel]) - expected) <= 1e-5)
      }
    }
  }
}
