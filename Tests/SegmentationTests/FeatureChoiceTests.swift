import Encoders
import Fields
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
    #expect(choice.estimates.count == 11)
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
    let last = image.parts.count - 1
    #expect(choice.candidate == .init(features: .hybrid(.weka58), parts: [last], c: 0.01))
  }

  @Test func `FeatureChoice: four images are held out one by one`() throws {
    let images = (0..<4).map { Scene(seed: $0).image("image \($0)") }
    let choice = try FeatureChoice(for: images, classes: Scene.classes, set: .scales42)
    #expect(choice.estimates.count == 11 && choice.candidate.features.classical != nil)
  }

  @Test func `FeatureChoice: the part of the vectors that tells the classes is found`() throws {
    let scene = Scene(seed: 3)
    // Noise, and what the discs are, seen through cells of four pixels.
    let size = scene.truth.size
    let canvas = try #require(Canvas(size, fit: .pad, patch: 4))
    let grid = Grid(of: canvas.encoded, patch: 4, stride: 4)
    var chance = SeededNumbers(seed: 8)
    var values = chance.floats(grid.count * 8, upTo: 1)
    for cell in 0..<grid.count {
      let (y, x) = (
        min(cell / grid.columns * 4 + 2, size.height - 1),
        min(cell % grid.columns * 4 + 2, size.width - 1)
      )
      values[cell * 8 + 6] += scene.truth.ids[y * size.width + x] == 2 ? 20 : 0
    }
    let field = FeatureField(
      canvas: canvas, patch: 4, stride: 4, upsampling: .bilinear, alignment: .patches,
      views: [
        (View(), 1, FeatureMap(grid: grid, vectors: Matrix(rows: grid.count, columns: 8, values)))
      ])
    let flat = GreyPicture(size: size, levels: chance.floats(6300, upTo: 255))
    let image = TrainingImage(
      key: "a", deep: [field], parts: [5, 3], grey: flat, labels: scene.labels, cell: 4)
    let choice = try FeatureChoice(for: [image], classes: Scene.classes, set: .scales42)
    #expect(choice.candidate.features.isDeep && choice.candidate.parts.contains(1))
    #expect(choice.heldOut == .strokes)
    let blind = choice.estimates.filter {
      !$0.candidate.features.isDeep || $0.candidate.parts == [0]
    }.map(\.score)
    let best = try #require(choice.estimates.map(\.score).max())
    #expect(!blind.isEmpty && blind.allSatisfy { $0 < best - 0.2 })
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
