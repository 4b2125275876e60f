import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Choice of features") struct FeatureChoiceTests {
  @Test func `FeatureChoice: what the picture shows is found in it, not in noise`() throws {
    // The scene's fields are noise.
    let scene = Scene(seed: 3)
    let choice = try FeatureChoice(
      for: [scene.image("a")], classes: Scene.classes, set: .scales42)
    #expect(choice.estimates.count == 14)
    let chosen = try #require(choice.estimates.first { $0.candidate == choice.candidate })
    let deep = choice.estimates.filter { $0.candidate.features == .deep }.map(\.score)
    #expect(chosen.score > 0.9 && deep.allSatisfy { $0 < chosen.score - 0.2 })
    #expect(choice.candidate.features.classical == .scales42)
  }

  @Test func `FeatureChoice: threads and the order of images make no difference`() throws {
    let images = [3, 5].map { Scene(seed: $0).image("image \($0)") }
    let alone = try FeatureChoice(for: images, classes: Scene.classes, set: .scales42)
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    let other = try FeatureChoice(
      for: images.reversed(), classes: Scene.classes, set: .scales42, workers: workers)
    #expect(alone == other)
  }

  @Test func `FeatureChoice: one stroke of a class leaves the choice to the rule`() throws {
    let scene = Scene(seed: 3)
    var ids = [UInt8](repeating: 0, count: 6300)
    for x in 0..<20 { (ids[x], ids[400 + x]) = (1, 2) }
    let image = scene.image("a")
    let choice = try FeatureChoice(
      for: [
        TrainingImage(
          key: "a", deep: image.deep, grey: image.grey,
          labels: LabelImage(size: scene.labels.size, ids: ids), cell: 4)
      ], classes: Scene.classes, set: .weka58)
    #expect(choice.estimates.isEmpty)
    #expect(choice.candidate == .init(features: .classical(.weka58), fields: [], c: 1))
  }

  @Test func `FeatureChoice: four images are held out one by one`() throws {
    let images = (0..<4).map { Scene(seed: $0).image("image \($0)") }
    let choice = try FeatureChoice(for: images, classes: Scene.classes, set: .scales42)
    #expect(choice.estimates.count == 14 && choice.candidate.features.classical != nil)
  }

  @Test func `FeatureChoice: it stops between fits when told so`() throws {
    let image = Scene(seed: 3).image("a")
    #expect(throws: CancellationError.self) {
      try FeatureChoice(
        for: [image], classes: Scene.classes, set: .scales42, shouldStop: { true })
    }
  }

  @Test func `Confusion: intersections over unions are of the classes that are true`() {
    var confusion = Confusion(classes: 3)
    confusion.add(truth: 0, answer: 0, count: 6)
    confusion.add(truth: 0, answer: 1, count: 2)
    confusion.add(truth: 1, answer: 1, count: 2)
    confusion.add(truth: 1, answer: 2, count: 1)
    #expect(confusion.intersectionOverUnion(0) == 0.75)
    #expect(confusion.intersectionOverUnion(1) == 0.4)
    #expect(confusion.intersectionOverUnion(2) == 0)
    #expect(abs(confusion.meanIntersectionOverUnion - 0.575) < 1e-12)
    #expect(Confusion(classes: 2).meanIntersectionOverUnion == 0)
  }
}
