import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Refits") struct RefitsTests {
  private func refits(
    _ scene: Scene, _ features: FeatureSet, _ count: Int, _ workers: ThreadPool? = nil
  ) throws -> (Refits, TrainingSet, LinearModel)? {
    let set = try scene.set(features)
    let model = try LogisticRegression().fit(set)
    guard let shares = set.shares(of: [scene.image("a")], count: count),
      let refits = try Refits(
        of: set, shares: shares, from: .linear(model), c: 0.1, workers: workers)
    else { return nil }
    return (refits, set, model)
  }

  @Test func `Refits: what the picture shows is answered without its strokes, noise is not`() throws
  {
    let (seen, _, _) = try #require(try refits(Scene(seed: 3), .classical(.scales42), 5))
    #expect(seen.models.count == 5)
    #expect(seen.accuracies.keys.sorted() == [1, 2])
    #expect(seen.accuracies.values.allSatisfy { $0 > 0.9 })
    // The scene's fields are noise.
    let (blind, _, _) = try #require(try refits(Scene(seed: 3), .deep, 5))
    #expect(blind.accuracies.values.reduce(0, +) < 1.5)
  }

  @Test func `Refits: each is the fit without its share, on any number of threads`() throws {
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    let (one, _, whole) = try #require(try refits(Scene(seed: 3), .hybrid(.scales42), 4))
    let (other, _, _) = try #require(try refits(Scene(seed: 3), .hybrid(.scales42), 4, workers))
    #expect(one == other)
    #expect(one.models.allSatisfy { $0.coefficients != whole.coefficients })
    #expect(Set(one.models.map(\.coefficients)).count == 4)
  }

  @Test func `Refits: a single stroke of a class has none, nor have trees`() throws {
    let scene = Scene(seed: 3)
    let set = try scene.set(.deep)
    let image = scene.image("a")
    var ids = [UInt8](repeating: 0, count: 6300)
    for x in 0..<20 { (ids[x], ids[400 + x]) = (1, 2) }
    let single = TrainingImage(
      key: "a", deep: image.deep, grey: image.grey,
      labels: LabelImage(size: scene.labels.size, ids: ids), cell: 4)
    let lone = try TrainingSet(
      of: [single], classes: Scene.classes, options: .init(features: .deep))
    #expect(lone.shares(of: [single], count: 3) == nil)
    let shares = try #require(set.shares(of: [image], count: 3))
    let trees = try scene.forest(.deep).model
    #expect(try Refits(of: set, shares: shares, from: trees, c: 1) == nil)
  }

  @Test(arguments: [2, 3])
  func `Refits: a classifier's file keeps them, for longer vectors as well`(classes: Int) throws {
    let scene = Scene(seed: 4, classes: classes)
    let (refits, set, model) = try #require(try refits(scene, .hybrid(.scales42), 3))
    let classifier = try Classifier(
      .linear(model), of: set, classes: Scene.classes, provenance: Provenance(),
      refits: refits.models)
    let read = try Classifier(file: classifier.file)
    #expect(read.file == classifier.file && read.refits.count == 3)
    #expect(read.refits == classifier.refits)
    let bare = try Classifier(
      .linear(model), of: set, classes: Scene.classes, provenance: Provenance())
    #expect(bare.id != classifier.id)
    let deep = [scene.field, scene.second]
    let answers = try classifier.refitted.map {
      try $0.labels(deep: deep, grey: scene.grey).ids
    }
    let own = try classifier.labels(deep: deep, grey: scene.grey).ids
    for answer in answers {
      #expect(zip(answer, own).count { $0 != $1 } < own.count / 10)
    }
    let shares = try #require(try classifier.shares(in: [scene.image("a")]))
    #expect(
      classifier.shifted(to: shares, by: shares.shifts).refits.map(\.intercepts)
        != read.refits.map(\.intercepts))
  }

  @Test func `RefitSpread: it is the jackknife's standard error`() {
    func fractions(_ count: Int) -> PhaseFractions {
      let ids = (0..<10).map { $0 < count ? UInt8(2) : 1 }
      return PhaseFractions(of: LabelImage(size: .init(width: 10, height: 1), ids: ids))
    }
    let spread = RefitSpread(of: [2, 4, 6].map(fractions))
    // √(2/3 · (0.04 + 0 + 0.04)).
    #expect(abs((spread[2] ?? 0) - 0.230940) < 1e-6)
    #expect(abs((spread[1] ?? 0) - 0.230940) < 1e-6)
    #expect(spread[7] == 0)
    #expect(RefitSpread(of: [fractions(2)])[2] == nil)
  }
}
