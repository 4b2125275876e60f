package import Imaging

/// Whether objects are found where they are: CorLoc, the share of images of which a found box and a
/// true one have half of their union in common.
///
/// Source: Deselaers et al. 2010; `main_lost.py` of LOST. Images without true boxes do not count.
package struct Localisation: Sendable, Hashable {
  package struct Image: Sendable, Hashable {
    /// The largest overlap of any found box with any true one.
    package let overlap: Double
    package var isFound: Bool { overlap >= Localisation.least }
  }

  package private(set) var images: [Image] = []

  package static let least = 0.5

  package init() {}

  /// Takes one image; one without true boxes is passed over.
  package mutating func add(found: [PixelRectangle], truth: [PixelRectangle]) {
    guard !truth.isEmpty else { return }
    let overlap = found.reduce(0.0) { best, box in
      truth.reduce(best) { max($0, box.overlap(with: $1)) }
    }
    images.append(Image(overlap: overlap))
  }

  /// `nil` where no image counts.
  package var corLoc: Double? {
    images.isEmpty ? nil : Double(images.count { $0.isFound }) / Double(images.count)
  }
}

extension PixelRectangle {
  /// The intersection divided by the union.
  package func overlap(with other: PixelRectangle) -> Double {
    let across = min(x + width, other.x + other.width) - max(x, other.x)
    let down = min(y + height, other.y + other.height) - max(y, other.y)
    guard across > 0, down > 0 else { return 0 }
    let both = Double(across) * Double(down)
    return both
      / (Double(width) * Double(height) + Double(other.width) * Double(other.height) - both)
  }
}
