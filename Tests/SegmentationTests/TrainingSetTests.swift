import Encoders
import Fields
import Files
import Foundation
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

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

  @Test func `TrainingSet: only rows that are equal throughout, and of one class, are merged`() {
    // Equal in the last column; the two zeros are equal.
    let flat = Matrix(
      rows: 6, columns: 3, [1, 0, 5, 1, -0.0, 5, 1, 2, 5, 3, 2, 5, 3, 2, 5, 3, 2, 5])
    let merged = TrainingSet(
      rows: flat, classes: [0, 0, 0, 0, 1, 0], ids: [1, 2], weights: [1, 2, 4, 8, 16, 32]
    ).merged
    #expect(merged.features.values == [1, 0, 5, 1, 2, 5, 3, 2, 5, 3, 2, 5])
    #expect(merged.classes == [0, 0, 0, 1] && merged.weights == [3, 4, 40, 16])
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
