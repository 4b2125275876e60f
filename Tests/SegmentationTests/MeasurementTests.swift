import Foundation
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Measurements") struct MeasurementTests {
  static let images = 0..<50

  private func labels(_ index: Int, of fixture: Fixture) throws -> LabelImage {
    let all = try fixture.integers("labels")
    return LabelImage(
      size: Size(width: 26, height: 20),
      ids: all[index * 520..<(index + 1) * 520].map { UInt8($0) })
  }

  @Test(arguments: images)
  func `Components: objects and their properties equal scikit-image's`(index: Int) throws {
    let fixture = try Fixture("Objects/objects.safetensors")
    let components = Components(of: try labels(index, of: fixture), ids: [1, 2, 3])
    #expect(components.objects.map { Int($0) } == (try fixture.integers("\(index).objects")))
    let table = try fixture.doubles("\(index).table")
    let properties = components.properties
    #expect(properties.count == table.count / 14)
    for (place, (found, hull)) in zip(properties, components.hulls).enumerated() {
      let wanted = table[place * 14..<(place + 1) * 14].map { $0 }
      let values = [
        Double(found.id), Double(found.area), found.centroid.row, found.centroid.column,
        found.majorAxis, found.minorAxis, found.eccentricity, found.orientation, found.perimeter,
        found.croftonPerimeter, Double(found.eulerNumber), found.equivalentDiameter,
        Double(hull.area), hull.largestDiameter,
      ]
      // An object without a direction has that of its rounding.
      let isRound = wanted[6] < 1e-6
      for (column, (a, b)) in zip(values, wanted).enumerated() where !(isRound && column == 7) {
        #expect(abs(a - b) <= (column == 5 || column == 6 ? 1e-6 : 1e-9), "\(place), \(column)")
      }
    }
  }

  @Test(arguments: images)
  func `Components: with edges alone they are found as by spreading`(index: Int) throws {
    let labels = try labels(index, of: Fixture("Objects/objects.safetensors"))
    let components = Components(of: labels, ids: [1, 3], .four)
    var expected = [Int32](repeating: 0, count: 520)
    var count: Int32 = 0
    for start in 0..<520 where expected[start] == 0 && [1, 3].contains(labels.ids[start]) {
      count += 1
      var open = [start]
      expected[start] = count
      while let place = open.popLast() {
        let (x, y) = (place % 26, place / 26)
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)]
        where (0..<26).contains(x + dx) && (0..<20).contains(y + dy) {
          let other = place + dy * 26 + dx
          guard expected[other] == 0, labels.ids[other] == labels.ids[start] else { continue }
          expected[other] = count
          open.append(other)
        }
      }
    }
    #expect(components.objects == expected && components.count == Int(count))
  }

  @Test func `PhaseFractions: what is unlabelled, left out or masked does not count`() {
    let labels = LabelImage(
      size: Size(width: 4, height: 2), ids: [1, 1, 2, 0, 255, 2, 2, 1])
    let all = PhaseFractions(of: labels)
    #expect(all.valid == 6 && all[1] == 0.5 && all[2] == 0.5 && all[7] == 0)
    let masked = PhaseFractions(
      of: labels, where: [true, false, true, true, true, true, true, false])
    #expect(masked.valid == 4 && masked[1] == 0.25)
  }

  @Test func `Interfaces: of one object the length is its Crofton perimeter`() {
    let (side, r) = (64, 20)
    let ids = (0..<side * side).map { place -> UInt8 in
      let (x, y) = (place % side - 32, place / side - 31)
      return x * x + y * y < r * r ? 2 : 1
    }
    let labels = LabelImage(size: Size(width: side, height: side), ids: ids)
    let interfaces = Interfaces(of: labels)
    let object = Components(of: labels, ids: [2]).properties[0]
    let length = interfaces.lengths[.init(2, 1)] ?? 0
    #expect(abs(length - object.croftonPerimeter) < 1e-9)
    #expect(abs(length / (2 * .pi * 20) - 1) < 0.02)
    let area = Double(side * side)
    #expect(abs(interfaces.surface(of: 2) - 4 / .pi * length / area) < 1e-12)
    let fraction = PhaseFractions(of: labels)[2]
    let mean = interfaces.meanIntercept(of: 2, fraction: fraction) ?? 0
    // That of a circle is π r / 2.
    #expect(abs(mean / (.pi * 10) - 1) < 0.03)
    #expect(abs((interfaces.rowIntercepts[2] ?? 0) / (.pi * 10) - 1) < 0.05)
    #expect(interfaces.junctions == 0)
  }

  @Test func `Interfaces: where three classes meet is a junction`() {
    let labels = LabelImage(
      size: Size(width: 4, height: 3), ids: [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 3, 3])
    let interfaces = Interfaces(of: labels)
    #expect(interfaces.junctions == 1)
    #expect(interfaces.rowIntercepts == [1: 2, 2: 2, 3: 4])
    #expect(interfaces.columnIntercepts == [1: 2, 2: 2, 3: 1])
    #expect(interfaces.lengths.count == 3)
  }
}

@Suite("Clean-up") struct CleanupTests {
  private func labels(_ seed: Int) -> LabelImage {
    var chance = SeededNumbers(seed: seed)
    let size = Size(width: 31, height: 150)
    return LabelImage(
      size: size, ids: (0..<31 * 150).map { _ in [0, 1, 1, 1, 2, 2, 7, 255][chance.below(8)] })
  }

  @Test(arguments: [1, 2, 6, 40])
  func `MajorityFilter: it counts each square's pixels`(radius: Int) {
    let labels = labels(radius)
    let found = MajorityFilter(radius: radius)(labels)
    for (place, id) in labels.ids.enumerated() {
      guard id != 0, id != 255 else {
        #expect(found.ids[place] == id)
        continue
      }
      let (x, y) = (place % 31, place / 31)
      var votes: [UInt8: Int] = [:]
      for row in max(0, y - radius)...min(149, y + radius) {
        for column in max(0, x - radius)...min(30, x + radius) {
          votes[labels.ids[row * 31 + column], default: 0] += 1
        }
      }
      let best = [UInt8(1), 2, 7].max { (votes[$0] ?? 0, $1) < (votes[$1] ?? 0, $0) }
      #expect(found.ids[place] == best)
    }
    for threads in 1...3 {
      let workers = ThreadPool(count: threads)
      defer { workers.close() }
      #expect(MajorityFilter(radius: radius)(labels, workers: workers) == found)
    }
  }

  @Test func `SmallObjects: small ones go to their neighbour, holes are filled`() {
    let rows = [
      "1111111111", "1121111111", "1111122211", "1111121211", "1111122213", "1111111111",
    ]
    let ids = rows.flatMap { $0.utf8.map { $0 - 48 } }
    let labels = LabelImage(size: Size(width: 10, height: 6), ids: ids)
    func text(_ filter: SmallObjects) -> [String] {
      let ids = filter(labels).ids
      return (0..<6).map { row in ids[row * 10..<row * 10 + 10].map { "\($0)" }.joined() }
    }
    #expect(
      text(SmallObjects(leastAreas: [2: 2, 3: 5], holeAreas: [:])) == [
        "1111111111", "1111111111", "1111122211", "1111121211", "1111122211", "1111111111",
      ])
    #expect(
      text(SmallObjects(leastAreas: [:], holeAreas: [2: 2])) == [
        "1111111111", "1121111111", "1111122211", "1111122211", "1111122213", "1111111111",
      ])
    #expect(text(SmallObjects(leastAreas: [2: 1], holeAreas: [1: 1])) == rows)
    // The ring has eight pixels: as many as the least is enough.
    #expect(text(SmallObjects(leastAreas: [2: 8], holeAreas: [:]))[2] == "1111122211")
    #expect(text(SmallObjects(leastAreas: [2: 9], holeAreas: [:]))[2] == "1111111111")
  }

  @Test func `KnownFractions: mean probabilities become the fractions`() throws {
    var chance = SeededNumbers(seed: 3)
    let size = Size(width: 80, height: 60)
    let scores = Scores(
      size: size, ids: [1, 2, 9],
      planes: Matrix(rows: 3, columns: 4800, chance.floats(3 * 4800, upTo: 6)))
    let wanted: [UInt8: Double] = [1: 0.7, 2: 0.25, 9: 0.05]
    let prior = try KnownFractions(wanted)
    let means = scores.shifted(by: try prior.constants(for: scores)).probabilities().means()
    for (mean, id) in zip(means, scores.ids) { #expect(abs(mean - (wanted[id] ?? 0)) < 1e-4) }
    #expect(throws: SegmentationError.self) { try KnownFractions([1: 0.7, 2: 0.7]) }
    #expect(throws: SegmentationError.self) { try KnownFractions([1: 1, 2: 0]) }
    #expect(throws: SegmentationError.self) {
      try KnownFractions([1: 0.7, 2: 0.3]).constants(for: scores)
    }
  }
}
