import Foundation
package import LinearAlgebra

/// The entropy of the grey levels around every pixel, in bits, `[height · width]`.
///
/// The neighbourhood is the part of a disk that is inside the image. The disk's histogram slides
/// along each row; its sum of c · log₂ c is an integer, so that no error accumulates.
///
/// Source: scikit-image's `filters.rank.entropy` with `morphology.disk`.
package struct LocalEntropy: Sendable {
  package let size: Size
  package let values: [Float]

  /// Computes the entropy of 8-bit levels, `[height · width]`; the radius in pixels is HR-Dv2's.
  package init(of levels: [UInt8], size: Size, radius: Int = 10, workers: ThreadPool? = nil) {
    precondition(levels.count == size.width * size.height, "\(levels.count) levels, \(size)")
    precondition(radius >= 0 && radius <= 64, "radius \(radius)")
    self.size = size
    // Half the disk's width at each distance from its middle row.
    let reach = (0...radius).map { (height: Int) -> Int in
      let most = radius * radius - height * height
      return (0...radius).last { $0 * $0 <= most } ?? 0
    }
    let window = Window(levels: levels, size: size, reach: reach)
    values = workers.map(size.height) { row, _ in window.entropies(row) }.flatMap { $0 }
  }
}

/// A disk that slides over an image.
private struct Window: Sendable {
  let levels: [UInt8]
  let size: Size
  let reach: [Int]
  /// The increase of c · log₂ c from c to c + 1, in units of 2⁻³², for every count c.
  private let growth: [Int]
  private static let unit = 4_294_967_296.0

  init(levels: [UInt8], size: Size, reach: [Int]) {
    (self.levels, self.size, self.reach) = (levels, size, reach)
    let pixels = (2 * reach.count - 1) * (2 * reach.count - 1)
    let sums = (0...pixels + 1).map { count in
      count == 0 ? 0 : Int((Double(count) * Window.log2(count) * Window.unit).rounded())
    }
    growth = zip(sums, sums.dropFirst()).map { $1 - $0 }
  }

  func entropies(_ row: Int) -> [Float] {
    let radius = reach.count - 1
    let rows = max(0, row - radius)...min(size.height - 1, row + radius)
    // The start of each image row, and the disk's reach along it.
    let lines = rows.map { (start: $0 * size.width, reach: reach[abs($0 - row)]) }
    var counts = [Int](repeating: 0, count: 256)
    var (sum, pixels) = (0, 0)
    func enter(_ level: UInt8) {
      sum += growth[counts[Int(level)]]
      counts[Int(level)] += 1
      pixels += 1
    }
    func leave(_ level: UInt8) {
      counts[Int(level)] -= 1
      sum -= growth[counts[Int(level)]]
      pixels -= 1
    }
    for line in lines {
      for x in 0..<min(line.reach, size.width) { enter(levels[line.start + x]) }
    }
    return (0..<size.width).map { x in
      for line in lines {
        let (new, old) = (x + line.reach, x - line.reach - 1)
        if new < size.width { enter(levels[line.start + new]) }
        if old >= 0 { leave(levels[line.start + old]) }
      }
      return Float(
        max(0, Window.log2(pixels) - Double(sum) / Window.unit / Double(pixels)))
    }
  }

  private static func log2(_ count: Int) -> Double { Foundation.log2(Double(count)) }
}
