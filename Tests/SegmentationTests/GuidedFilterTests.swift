import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Guided filter") struct GuidedFilterTests {
  private func mean(_ values: [Double], _ x: Int, _ y: Int, _ size: Size, _ r: Int) -> Double {
    var (sum, count) = (0.0, 0.0)
    for row in max(0, y - r)...min(size.height - 1, y + r) {
      for column in max(0, x - r)...min(size.width - 1, x + r) {
        sum += values[row * size.width + column]
        count += 1
      }
    }
    return sum / count
  }

  /// The paper's algorithm, pixel by pixel.
  private func filtered(_ p: [Double], _ guide: [Double], _ size: Size, _ r: Int, _ e: Double)
    -> [Double]
  {
    func means(_ values: [Double]) -> [Double] {
      values.indices.map { mean(values, $0 % size.width, $0 / size.width, size, r) }
    }
    let (m, mp) = (means(guide), means(p))
    let square = means(guide.map { $0 * $0 })
    let product = means(zip(guide, p).map { $0 * $1 })
    let a = p.indices.map { (product[$0] - m[$0] * mp[$0]) / (square[$0] - m[$0] * m[$0] + e) }
    let b = p.indices.map { mp[$0] - a[$0] * m[$0] }
    let (ma, mb) = (means(a), means(b))
    return p.indices.map { ma[$0] * guide[$0] + mb[$0] }
  }

  @Test(arguments: [1, 2, 5, 30])
  func `GuidedFilter: it is the paper's algorithm, with any number of threads`(radius: Int) {
    let size = Size(width: 37, height: 150)
    var chance = SeededNumbers(seed: radius)
    let count = size.width * size.height
    let levels = chance.floats(count, upTo: 127).map { $0 + 127 }
    let scores = Scores(
      size: size, ids: [1, 2], planes: Matrix(rows: 2, columns: count, chance.floats(2 * count)))
    let picture = GreyPicture(size: size, levels: levels)
    let filter = GuidedFilter(radius: radius, epsilon: 0.01)
    let found = filter(scores, guide: picture)
    for k in 0..<2 {
      let expected = filtered(
        scores.planes.row(k).map(Double.init), levels.map { Double($0) / 255 }, size, radius, 0.01)
      for (a, b) in zip(found.planes.row(k), expected) { #expect(abs(Double(a) - b) < 1e-4) }
    }
    for threads in 1...3 {
      let workers = ThreadPool(count: threads)
      defer { workers.close() }
      #expect(
        filter(scores, guide: picture, workers: workers).planes.values == found.planes.values)
    }
  }
}
