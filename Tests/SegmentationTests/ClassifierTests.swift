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

@Suite("Training set") struct TrainingSetTests {
  @Test(arguments: featureSets)
  func `TrainingSet: rows taken from an earlier set are the same bits`(set: FeatureSet) throws {
    let scene = Scene(seed: 3, classes: 3)
    let whole = try scene.set(set)
    let fewer = LabelImage(
      size: scene.labels.size,
      ids: scene.labels.ids.enumerated().map { $0.offset % 3 == 0 ? 0 : $0.element })
    let image = scene.image("a")
    let part = TrainingImage(
      key: "a", deep: image.deep, grey: image.grey, labels: fewer, cell: 4)
    let earlier = try TrainingSet(
      of: [part], classes: Scene.classes, options: .init(features: set))
    #expect(earlier.count < whole.count)
    let again = try TrainingSet(
      of: [image], classes: Scene.classes, options: .init(features: set), reusing: earlier)
    #expect(again.features.values == whole.features.values)
    #expect(again.classes == whole.classes && again.weights == whole.weights)
  }

  @Test func `TrainingSet: the order of images makes no difference`() throws {
    let images = [3, 5, 8].map { Scene(seed: $0).image("image \($0)") }
    let options = TrainingSet.Options(features: .hybrid(.scales42))
    let a = try TrainingSet(of: images, classes: Scene.classes, options: options)
    let b = try TrainingSet(of: images.reversed(), classes: Scene.classes, options: options)
    #expect(a.features.values == b.features.values && a.classes == b.classes)
  }

  @Test func `TrainingSet: classical features are standardised, deep ones are not`() throws {
    let scene = Scene(seed: 3)
    let set = try scene.set(.hybrid(.weka58))
    #expect(set.features.columns == 27 + 58)
    for column in 27..<85 {
      let values = (0..<set.count).map { Double(set.features[$0, column]) }
      let mean = values.reduce(0, +) / Double(set.count)
      let variance = values.reduce(0) { $0 + $1 * $1 } / Double(set.count)
      #expect(abs(mean) < 1e-4 && (abs(variance - 1) < 1e-3 || variance == 0))
    }
    let first = try #require(scene.labels.ids.firstIndex { $0 != 0 })
    let (x, y) = (first % 90, first / 90)
    #expect(set.features.row(0)[20..<27] == scene.second.pixel(x: x, y: y)[...])
    let alone = try TrainingSet(
      of: [
        TrainingImage(
          key: "a", deep: [scene.field], grey: scene.grey, labels: scene.labels, cell: 4)
      ], classes: Scene.classes, options: .init(features: .deep))
    #expect(alone.features.row(0)[...] == scene.field.pixel(x: x, y: y)[...])
  }

  @Test func `TrainingSet: parts of vectors are scaled to the variance of the least varied`() throws
  {
    let scene = Scene(seed: 3)
    let set = try scene.set(.hybrid(.scales42))
    func variance(_ columns: Range<Int>) -> Double {
      columns.reduce(0) { sum, column in
        let values = (0..<set.count).map { Double(set.features[$0, column]) }
        let mean = values.reduce(0, +) / Double(set.count)
        return sum + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(set.count)
      }
    }
    #expect(abs(variance(0..<20) / variance(20..<27) - 1) < 1e-4)
    // The factors are in a classifier's weights, which take vectors as they are.
    let fitted = try LogisticRegression().fit(set)
    let classifier = try Classifier(
      .linear(fitted), of: set, classes: Scene.classes, provenance: Provenance())
    let model = try #require(classifier.model.linear)
    let ratio = model.coefficients[0] / fitted.coefficients[0]
    #expect(0.4 < ratio && ratio < 0.8)
    #expect(model.coefficients[20..<69] == fitted.coefficients[20..<69])
  }

  @Test(arguments: featureSets)
  func `TrainingSet: some of its features are those that a set of them alone has`(
    features: FeatureSet
  ) throws {
    let scene = Scene(seed: 3, classes: 3)
    let part = try scene.set(.hybrid(features.classical ?? .scales42)).restricted(
      to: features, parts: [1], of: [20, 7])
    let image = TrainingImage(
      key: "a", deep: [scene.second], grey: scene.grey, labels: scene.labels, cell: 4)
    let alone = try TrainingSet(
      of: [image], classes: Scene.classes, options: .init(features: features))
    // Rows that differ in classical features alone are merged where there are none.
    let merged = features.classical == nil ? part.merged : part
    #expect(merged.features.values == alone.features.values && merged.classes == alone.classes)
    #expect(zip(merged.weights, alone.weights).allSatisfy { abs($0 - $1) < 1e-9 * $1 })
    #expect(part.standardisation == alone.standardisation)
    #expect(part.deepDim == alone.deepDim && part.labelled == alone.labelled)
    let fitted = try LogisticRegression().fit(part)
    let classifier = try Classifier(
      .linear(fitted), of: part, classes: Scene.classes, provenance: Provenance())
    #expect(classifier.features == features && classifier.deepDim == (features.isDeep ? 7 : 0))
  }

  @Test(arguments: featureSets, [false, true])
  func `Classifier: spread over longer vectors it answers as for its part of them`(
    features: FeatureSet, isForest: Bool
  ) throws {
    let scene = Scene(seed: 4, classes: 3)
    let image = TrainingImage(
      key: "a", deep: [scene.field.channels(5..<10), scene.field.channels(15..<20)],
      grey: scene.grey, labels: scene.labels, cell: 4)
    let set = try TrainingSet(
      of: [image], classes: Scene.classes, options: .init(features: features))
    var training = ForestTraining()
    training.trees = 10
    let classifier = try Classifier(
      isForest ? .trees(training.fit(set)) : .linear(LogisticRegression().fit(set)), of: set,
      classes: Scene.classes, provenance: Provenance())
    let spread = try classifier.spread(over: [1, 3], of: 4)
    #expect(spread.deepDim == (features.isDeep ? 20 : 0))
    let own = try classifier.scores(deep: image.deep, grey: scene.grey)
    let wide = try spread.scores(deep: [scene.field], grey: scene.grey)
    for (a, b) in zip(own.planes.values, wide.planes.values) {
      try #require(abs(a - b) <= 1e-4 * (1 + abs(a)))
    }
    #expect(try classifier.spread(over: [0, 1], of: 2).id == classifier.id)
  }

  @Test(arguments: featureSets)
  func `Classifier: of a forest, probabilities are those of its rows`(features: FeatureSet) throws {
    let scene = Scene(seed: 6, classes: 3)
    let deep = [scene.field, scene.second]
    let classifier = try scene.forest(features)
    guard case .trees(let forest) = classifier.model else {
      Issue.record("\(classifier.model.kind)")
      return
    }
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    let scores = try classifier.scores(deep: deep, grey: scene.grey)
    #expect(
      try classifier.scores(deep: deep, grey: scene.grey, workers: workers).planes.values
        == scores.planes.values)
    let found = scores.probabilities()
    var chance = SeededNumbers(seed: 1)
    for _ in 0..<300 {
      let (x, y) = (chance.below(90), chance.below(70))
      var row: [Float] = []
      if features.isDeep { row += scene.field.pixel(x: x, y: y) + scene.second.pixel(x: x, y: y) }
      if let set = features.classical {
        row += ClassicalFeatures(of: scene.grey, set).sample([(x, y)]).row(0)
      }
      let expected = forest.probabilities(of: Matrix(rows: 1, columns: row.count, row))
      for k in 0..<3 {
        try #require(abs(Double(found.planes[k, y * 90 + x]) - expected[k]) <= 1e-6)
      }
    }
  }

  @Test func `TrainingSet: a limit leaves a sample that equals out the classes`() throws {
    let scene = Scene(seed: 3, classes: 3)
    let whole = try scene.set(.classical(.scales42))
    var options = TrainingSet.Options(features: .classical(.scales42))
    options.rowLimit = 60
    let set = try TrainingSet(
      of: [scene.image("a")], classes: Scene.classes, options: options)
    #expect(set.count == 60 && set.isCapped && !whole.isCapped)
    #expect(set.labelled == whole.labelled)
    let counts = set.ids.indices.map { place in set.classes.count { Int($0) == place } }
    let smallest = whole.labelled.min() ?? 0
    #expect(counts.allSatisfy { $0 >= min(smallest, 20) })
  }

  @Test func `TrainingSet: a pixel counts its share of its patch's`() throws {
    let scene = Scene(seed: 3)
    var options = TrainingSet.Options(features: .classical(.scales42))
    (options.weighting, options.isBalanced) = (.patch, false)
    let set = try TrainingSet(
      of: [scene.image("a")], classes: Scene.classes, options: options)
    let cells = Set(
      scene.labels.ids.indices.filter { scene.labels.ids[$0] != 0 }.map {
        [$0 / 90 / 4, $0 % 90 / 4]
      })
    #expect(abs(set.weights.reduce(0, +) - Double(cells.count)) < 1e-9)
  }

  @Test func `TrainingSet: equal rows are merged, and the fit is the same`() throws {
    let scene = Scene(seed: 3)
    let rows = (0..<40).map { scene.field.pixel(x: $0 % 10 * 7, y: 3) }
    let classes = (0..<40).map { Int32($0 % 2) }
    let flat = Matrix(rows: 40, columns: 20, rows.flatMap { $0 })
    let all = TrainingSet(
      rows: flat, classes: classes, ids: [1, 2], weights: [Double](repeating: 1, count: 40))
    let merged = all.merged
    #expect(merged.count == 10 && merged.weights == [Double](repeating: 4, count: 10))
    let (a, b) = (try LogisticRegression().fit(all), try LogisticRegression().fit(merged))
    #expect(difference(a.coefficients, b.coefficients) <= 1e-7)
  }

  @Test func `TrainingSet: labels that are of no use are refused`() throws {
    let scene = Scene(seed: 3)
    func make(_ ids: [UInt8], size: Size = Size(width: 90, height: 70)) throws -> TrainingSet {
      let image = scene.image("a")
      return try TrainingSet(
        of: [
          TrainingImage(
            key: "a", deep: image.deep, grey: image.grey, labels: LabelImage(size: size, ids: ids),
            cell: 4)
        ], classes: Scene.classes, options: .init(features: .hybrid(.scales42)))
    }
    let none = [UInt8](repeating: 0, count: 6300)
    #expect(throws: SegmentationError.tooFewClasses(labelled: [])) { try make(none) }
    var one = none
    (one[5], one[9]) = (2, 255)
    #expect(throws: SegmentationError.tooFewClasses(labelled: [2])) { try make(one) }
    one[7] = 3
    #expect(throws: SegmentationError.unknownLabels([3])) { try make(one) }
    #expect(throws: SegmentationError.self) {
      try make(none + none, size: Size(width: 90, height: 140))
    }
  }
}
