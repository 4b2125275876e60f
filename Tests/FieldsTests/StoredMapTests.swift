import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

/// Fields whose vectors are kept as halves, against those of the same vectors widened.
@Suite("Stored maps") struct StoredMapTests {
  /// The two fields of some views.
  private func fields(_ scenario: Scenario) -> (halves: FeatureField, widened: FeatureField) {
    let stored = scenario.views.map { view in
      let map = view.map.undoing(view.view)
      return (
        view: view.view, weight: view.weight,
        map: StoredMap(grid: map.grid, vectors: .float16(HalfMatrix(nearest: map.vectors)))
      )
    }
    func field(_ views: [(view: View, weight: Int, map: StoredMap)]) -> FeatureField {
      FeatureField(
        canvas: scenario.canvas, patch: scenario.patch, stride: scenario.stride,
        upsampling: scenario.upsampling, alignment: scenario.alignment, stored: views)
    }
    return (field(stored), field(stored.map { ($0.view, $0.weight, StoredMap($0.map.widened)) }))
  }

  @Test(arguments: 0..<40)
  func `Stored maps: halves give the bits of the same vectors as float32`(seed: Int) throws {
    let (halves, widened) = fields(try Scenario(seed: seed, dims: [17, 64, 70]))
    #expect(areSame(halves.materialised().values, widened.materialised().values))
    var chance = Chance(state: UInt64(seed))
    let (height, width) = (halves.shown.height, halves.shown.width)
    let (top, left) = (chance.below(height), chance.below(width))
    let rows = top..<top + 1 + chance.below(height - top)
    let columns = left..<left + 1 + chance.below(width - left)
    func region(_ field: FeatureField) -> [Float] {
      let out = MutableMatrix(rows: rows.count * columns.count, columns: field.dim)
      field.region(rows: rows, columns: columns, into: out.all)
      return out.values
    }
    #expect(areSame(region(halves), region(widened)))
    #expect(areSame(halves.pixel(x: left, y: top), widened.pixel(x: left, y: top)))
    #expect(areSame(Norms(of: halves).values, Norms(of: widened).values))
    let onto = chance.matrix(3, halves.dim)
    #expect(
      areSame(
        halves.projected(onto: onto, bias: [1, 2, 3]).materialised().values,
        widened.projected(onto: onto, bias: [1, 2, 3]).materialised().values))
    let some = 1..<halves.dim - 1
    #expect(
      areSame(
        halves.channels(some).materialised().values, widened.channels(some).materialised().values))
    let centre = halves.mean()
    #expect(areSame(centre.values, widened.mean().values))
    #expect(
      areSame(
        halves.joined(about: centre).materialised().values,
        widened.joined(about: centre).materialised().values))
    #expect(halves.meanSquare(about: centre) == widened.meanSquare(about: centre))
    for way in Covariance.Way.allCases {
      #expect(Covariance(of: halves, by: way).values == Covariance(of: widened, by: way).values)
    }
  }

  @Test func `Stored maps: large ones are read in parts`() {
    // More cells than a covariance takes at once, and than are widened at once.
    var chance = Chance(state: 7)
    let size = Size(width: 260, height: 250)
    let grid = Grid(of: size, patch: 2, stride: 1)
    let vectors = HalfMatrix(nearest: chance.matrix(grid.count, 20, around: 1))
    func field(_ map: StoredMap) -> FeatureField {
      FeatureField(
        canvas: Canvas(size, fit: .pad, patch: 2)!, patch: 2, stride: 1, upsampling: .bilinear,
        alignment: .patches, stored: [(view: .identity, weight: 1, map: map)])
    }
    let halves = field(StoredMap(grid: grid, vectors: .float16(vectors)))
    let widened = field(StoredMap(grid: grid, vectors: .float32(vectors.widened())))
    let onto = chance.matrix(3, 20)
    let (own, expected) = (
      halves.projected(onto: onto).materialised(), widened.projected(onto: onto).materialised()
    )
    for (a, b) in zip(own.values, expected.values) { #expect(abs(a - b) <= 1e-5) }
    let parts = Covariance(of: halves, by: .grids).values
    let pixels = Covariance(of: widened, by: .distinctPixels).values
    let largest = pixels.reduce(0) { max($0, abs($1)) }
    for (a, b) in zip(parts, pixels) { #expect(abs(a - b) <= 2e-5 * largest) }
  }
}
