import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Shares of classes") struct ClassSharesTests {
  /// The scores of three classes that are told by one number, and equally frequent to the one who
  /// scores them.
  private func scores(_ shares: [Double], pixels: Int = 6000) -> [Float] {
    var chance = SeededNumbers(seed: 5)
    return (0..<pixels).flatMap { pixel -> [Float] in
      let place = Double(pixel) / Double(pixels)
      let k = place < shares[0] ? 0 : place < shares[0] + shares[1] ? 1 : 2
      let noise = chance.floats(12, upTo: 1).reduce(0, +) / 2
      let value = 2.5 * Float(k) + noise
      return (0..<3).map { -0.5 * (value - 2.5 * Float($0)) * (value - 2.5 * Float($0)) }
    }
  }

  @Test(arguments: [[0.7, 0.25, 0.05], [0.1, 0.3, 0.6], [0.49, 0.49, 0.02]])
  func `ClassShares: the shares of made-up pixels are found`(wanted: [Double]) {
    let shares = ClassShares(of: scores(wanted), classes: 3).values
    #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
    for (found, share) in zip(shares, wanted) { #expect(abs(found - share) < 0.02) }
  }

  @Test func `ClassShares: scores are shifted by half the logarithms, with a floor`() {
    let shifts = ClassShares(
      meanOf: [ClassShares(of: scores([0.8, 0.2, 0]), classes: 3)], classes: 3
    )
    .shifts
    #expect(abs(shifts.reduce(0, +)) < 1e-12)
    #expect(abs(shifts[0] - shifts[1] - 0.6931) < 0.1)
    // A class that is not there is taken for a thousandth.
    #expect(shifts[0] - shifts[2] < 3.36)
  }

  @Test func `ClassShares: pixels without numbers, or none at all, leave shares equal`() {
    #expect(ClassShares(of: [], classes: 2).values == [0.5, 0.5])
    #expect(ClassShares(of: [.nan, 1, .infinity, 2], classes: 2).values == [0.5, 0.5])
    #expect(ClassShares(meanOf: [], classes: 4).values == [0.25, 0.25, 0.25, 0.25])
  }

  @Test func `ClassShares: a classifier finds how much of an image is which`() throws {
    let scene = Scene(seed: 3)
    let classifier = try scene.classifier(.hybrid(.scales42))
    let truth = scene.truth.ids.count { $0 == 2 }
    let shares = try #require(try classifier.shares(in: [scene.image("a")]))
    #expect(abs(shares.values[1] - Double(truth) / 6300) < 0.05)
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    #expect(try classifier.shares(in: [scene.image("a")], workers: workers) == shares)
    #expect(try scene.forest(.deep).shares(in: [scene.image("a")]) == nil)
    let shifted = classifier.shifted(to: shares, by: shares.shifts)
    #expect(shifted.model.linear?.coefficients == classifier.model.linear?.coefficients)
    let change = zip(
      shifted.model.linear?.intercepts ?? [], classifier.model.linear?.intercepts ?? []
    ).map { $0 - $1 }
    for (found, wanted) in zip(change, shares.shifts) { #expect(abs(found - wanted) < 1e-12) }
  }

  @Test(arguments: [(20, 1), (1, 0.25), (0.01, 0)])
  func `ClassShares: the shift never goes against what was painted`(margin: Float, part: Double) {
    let set = TrainingSet(
      rows: Matrix(rows: 4, columns: 1, [-margin, -margin, margin, margin]),
      classes: [0, 0, 1, 1], ids: [1, 2], weights: [1, 1, 1, 1])
    let model = LinearModel(
      kind: .logistic, ids: [1, 2], dim: 1, coefficients: [-0.5, 0.5], intercepts: [0, 0])
    let shares = ClassShares(of: (0..<1000).flatMap { _ in [Float(9), -9] }, classes: 2)
    #expect(shares.shifts[0] - shares.shifts[1] > 3)
    let shifts = shares.shifts(for: model, fittedTo: set)
    #expect(shifts == shares.shifts.map { $0 * part })
  }

  @Test func `ClassShares: pixels that are left out do not count`() throws {
    let scene = Scene(seed: 3)
    let classifier = try scene.classifier(.hybrid(.scales42))
    let image = scene.image("a")
    let ids = scene.truth.ids.indices.map { place in
      scene.truth.ids[place] == 2 ? 255 : scene.labels.ids[place]
    }
    let masked = TrainingImage(
      key: "a", deep: image.deep, grey: image.grey,
      labels: LabelImage(size: scene.labels.size, ids: ids), cell: 4)
    let shares = try #require(try classifier.shares(in: [masked]))
    #expect(shares.values[1] < 0.02)
  }
}
