import Foundation
package import Imaging

extension Suggestions {
  /// A lattice of places in an image, at which boxes are tried.
  package struct Places: Sendable, Hashable {
    let size: Size
    /// Pixels from one place to the next.
    let spacing: Int
    let columns: Int
    let rows: Int

    /// Least pixels from one place to the next, and most places.
    static let (leastSpacing, most) = (8, 8192)

    /// The places of an image, as close as their number allows.
    package init(in size: Size) {
      var spacing = Places.leastSpacing
      func count(_ side: Int, _ spacing: Int) -> Int { max(side / spacing, 1) }
      while count(size.width, spacing) * count(size.height, spacing) > Places.most { spacing += 1 }
      (self.size, self.spacing) = (size, spacing)
      (columns, rows) = (count(size.width, spacing), count(size.height, spacing))
    }

    package var count: Int { columns * rows }

    /// A place in pixels, in the order of rows.
    package subscript(index: Int) -> (x: Int, y: Int) {
      (column(index % columns), row(index / columns))
    }

    private func column(_ index: Int) -> Int { min(index * spacing + spacing / 2, size.width - 1) }
    private func row(_ index: Int) -> Int { min(index * spacing + spacing / 2, size.height - 1) }

    /// Values of an image's pixels under a Gaussian around each place.
    ///
    /// The Gaussian ends after 3σ and at the image's border, and what is left of it adds up to one.
    func blur(_ values: [Float], _ sigma: Double) -> [Float] {
      let reach = Int((3 * sigma).rounded(.up))
      let weights = (0...reach).map { Float(exp(-Double($0 * $0) / (2 * sigma * sigma))) }
      func range(_ center: Int, _ length: Int) -> ClosedRange<Int> {
        max(center - reach, 0)...min(center + reach, length - 1)
      }
      var across = [Float](repeating: 0, count: size.height * columns)
      for y in 0..<size.height {
        for column in 0..<columns {
          let x = self.column(column)
          var (sum, weight): (Float, Float) = (0, 0)
          for near in range(x, size.width) {
            let share = weights[abs(near - x)]
            sum += share * values[y * size.width + near]
            weight += share
          }
          across[y * columns + column] = sum / weight
        }
      }
      return (0..<count).map { index in
        let y = row(index / columns)
        var (sum, weight): (Float, Float) = (0, 0)
        for near in range(y, size.height) {
          let share = weights[abs(near - y)]
          sum += share * across[near * columns + index % columns]
          weight += share
        }
        return sum / weight
      }
    }
  }
}
