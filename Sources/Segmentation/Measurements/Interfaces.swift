import Foundation
import Imaging

/// The interfaces between classes, and what follows from their lengths.
///
/// Lengths are in pixels, by counting unlike neighbours along four directions; of one object it is
/// scikit-image's `perimeter_crofton` with four. Source: Cauchy and Crofton's formula.
package struct Interfaces: Sendable, Hashable {
  /// Two classes, the smaller id first.
  package struct Pair: Sendable, Hashable {
    package let first: UInt8
    package let second: UInt8

    package init(_ a: UInt8, _ b: UInt8) { (first, second) = (min(a, b), max(a, b)) }
  }

  /// The length of the interface between two classes.
  package let lengths: [Pair: Double]
  /// The mean length of a class's runs along rows, and along columns, by its id.
  package let rowIntercepts: [UInt8: Double]
  package let columnIntercepts: [UInt8: Double]
  /// Squares of four pixels where three classes or four meet.
  package let junctions: Int
  private let valid: Int

  /// Counts what lies between pixels that have classes.
  package init(of labels: LabelImage) {
    let (width, height, ids) = (labels.size.width, labels.size.height, labels.ids)
    var (straight, diagonal) = ([Int: Int](), [Int: Int]())
    var runs = ([Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
    var junctions = 0
    func isClass(_ id: UInt8) -> Bool { id != LabelClass.unlabelled && id != LabelClass.ignored }
    func count(_ a: UInt8, _ b: UInt8, _ counts: inout [Int: Int]) {
      guard a != b, isClass(a), isClass(b) else { return }
      counts[Int(min(a, b)) << 8 | Int(max(a, b)), default: 0] += 1
    }
    for y in 0..<height {
      for x in 0..<width {
        let place = y * width + x
        let own = ids[place]
        if x == 0 || ids[place - 1] != own { runs.0[Int(own)] += 1 }
        if y == 0 || ids[place - width] != own { runs.1[Int(own)] += 1 }
        if x + 1 < width { count(own, ids[place + 1], &straight) }
        guard y + 1 < height else { continue }
        count(own, ids[place + width], &straight)
        guard x + 1 < width else { continue }
        count(own, ids[place + width + 1], &diagonal)
        count(ids[place + 1], ids[place + width], &diagonal)
        let square = [own, ids[place + 1], ids[place + width], ids[place + width + 1]]
        if square.dropFirst().contains(where: { $0 != own }), square.allSatisfy(isClass),
          Set(square).count > 2
        {
          junctions += 1
        }
      }
    }
    var lengths: [Pair: Double] = [:]
    for key in Set(straight.keys).union(diagonal.keys) {
      let pairs = Double(straight[key] ?? 0) + Double(diagonal[key] ?? 0) / 2.0.squareRoot()
      lengths[Pair(UInt8(key >> 8), UInt8(key & 255))] = Double.pi / 8 * pairs
    }
    let fractions = PhaseFractions(of: labels)
    self.lengths = lengths
    self.junctions = junctions
    rowIntercepts = Dictionary(
      uniqueKeysWithValues: fractions.pixels.map { ($0, Double($1) / Double(runs.0[Int($0)])) })
    columnIntercepts = Dictionary(
      uniqueKeysWithValues: fractions.pixels.map { ($0, Double($1) / Double(runs.1[Int($0)])) })
    valid = fractions.valid
  }

  /// A class's surface in a volume, over the pixel's length: S_V = 4 / π · L_A.
  package func surface(of id: UInt8) -> Double {
    let length = lengths.filter { $0.key.first == id || $0.key.second == id }.values.reduce(0, +)
    return 4 / Double.pi * length / Double(max(valid, 1))
  }

  /// A class's mean intercept in pixels, 4 φ / S_V; `nil` where it has no interface.
  package func meanIntercept(of id: UInt8, fraction: Double) -> Double? {
    let surface = surface(of: id)
    return surface > 0 ? 4 * fraction / surface : nil
  }
}
