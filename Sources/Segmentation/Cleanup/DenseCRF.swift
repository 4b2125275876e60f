import Foundation
import Imaging
package import LinearAlgebra

/// A fully connected conditional random field: pixels near and alike pull each other's classes.
///
/// Mean field over kernels, all pixels at once, Potts, each kernel normalised symmetrically. Source:
/// Krähenbühl and Koltun 2011; what their program gives, here and in pydensecrf.
package struct DenseCRF: Sendable, Hashable, Codable {
  /// A Gaussian of position, and of colour where `color` is given.
  package struct Kernel: Sendable, Hashable, Codable {
    /// Deviations in pixels, and in levels of 0…255.
    package let position: Float
    package let color: Float?
    package let weight: Float

    package init(position: Float, color: Float? = nil, weight: Float) {
      precondition(position > 0 && color ?? 1 > 0, "deviations of \(position)")
      (self.position, self.color, self.weight) = (position, color, weight)
    }
  }

  package let kernels: [Kernel]
  package let iterations: Int
  /// Whether grey is three equal colours, as pydensecrf has it, and not one dimension: the kernel is
  /// the same, its lattice is not.
  package let isCompatible: Bool

  package init(kernels: [Kernel], iterations: Int = 10, isCompatible: Bool = false) {
    precondition((1...100).contains(iterations) && !kernels.isEmpty, "\(iterations) iterations")
    (self.kernels, self.iterations, self.isCompatible) = (kernels, iterations, isCompatible)
  }

  /// Of small reach, which spares thin phases.
  package static let gentle = DenseCRF(kernels: [
    Kernel(position: 1, weight: 3), Kernel(position: 10, color: 13, weight: 3),
  ])
  /// interactive-seg-backend's.
  package static let isb = DenseCRF(kernels: [
    Kernel(position: 1, weight: 10), Kernel(position: 30, color: 13, weight: 10),
  ])
  /// HR-Dv2's.
  package static let hrdv2 = DenseCRF(kernels: [
    Kernel(position: 3, weight: 10), Kernel(position: 80, color: 13, weight: 10),
  ])

  /// The colours that the pixels are compared by, 0…255.
  package enum Guide: Sendable {
    case grey(GreyPicture)
    /// Red, green and blue, `[3, height · width]`.
    case color(Matrix)

    var planes: [[Float]] {
      switch self {
      case .grey(let picture): [picture.levels.row(0)]
      case .color(let planes): (0..<3).map { planes.row($0) }
      }
    }
  }

  /// The probabilities after the last iteration.
  ///
  /// Of a kernel of d dimensions 8 (d + 1) bytes a pixel are held, and twelve for each class.
  ///
  /// Stops with `CancellationError` between two iterations where `shouldStop` says so.
  package func callAsFunction(
    _ probabilities: Probabilities, guide: Guide, workers: ThreadPool? = nil,
    shouldStop: () -> Bool = { false }
  ) throws -> Probabilities {
    let (classes, pixels) = (probabilities.ids.count, probabilities.planes.columns)
    let beliefs = (0..<classes).map { k in
      probabilities.planes.row(k).map { log(min(max($0, 1e-5), 1)) }
    }
    let planes = guide.planes
    precondition(planes.allSatisfy { $0.count == pixels }, "a guide of another size")
    let width = probabilities.size.width
    let filters = workers.map(kernels.count) { [self] index, _ in
      NormalisedFilter(
        lattice(of: kernels[index], planes, width: width), weight: kernels[index].weight)
    }
    var q = DenseCRF.softmax(beliefs)
    for _ in 0..<iterations {
      if shouldStop() { throw CancellationError() }
      let old = q
      let count = filters.count
      let messages = workers.map(classes * count) { index, _ in
        filters[index % count](old[index / count])
      }
      let sums = workers.map(classes) { k, _ in
        beliefs[k].indices.map { pixel in
          var sum = beliefs[k][pixel]
          for kernel in 0..<count { sum += messages[k * count + kernel][pixel] }
          return sum
        }
      }
      q = DenseCRF.softmax(sums)
    }
    return Probabilities(
      size: probabilities.size, ids: probabilities.ids,
      planes: Matrix(rows: classes, columns: pixels, q.flatMap { $0 }))
  }

  /// A kernel's lattice over the pixels of planes.
  func lattice(of kernel: Kernel, _ planes: [[Float]], width: Int) -> PermutohedralLattice {
    let pixels = planes[0].count
    guard let color = kernel.color else {
      return PermutohedralLattice(dimensions: 2, points: pixels) { pixel, x in
        x[0] = Float(pixel % width) / kernel.position
        x[1] = Float(pixel / width) / kernel.position
      }
    }
    // A grey level as one dimension is as far from another as three equal colours are.
    let isOne = planes.count == 1 && !isCompatible
    let scale = isOne ? Float(3).squareRoot() / color : 1 / color
    return PermutohedralLattice(dimensions: isOne ? 3 : 5, points: pixels) { pixel, x in
      x[0] = Float(pixel % width) / kernel.position
      x[1] = Float(pixel / width) / kernel.position
      for c in 2..<x.count {
        let level = planes[planes.count == 1 ? 0 : c - 2][pixel]
        x[c] = isOne ? level * scale : level / color
      }
    }
  }

  private static func softmax(_ planes: [[Float]]) -> [[Float]] {
    let matrix = MutableMatrix(
      rows: planes.count, columns: planes[0].count, planes.flatMap { $0 })
    ScoreKernels.current.softmax(planes: matrix.all)
    return (0..<planes.count).map { matrix[rows: $0..<$0 + 1].view.values }
  }
}

/// A lattice between two divisions by the root of what it makes of ones.
private struct NormalisedFilter: Sendable {
  private let lattice: PermutohedralLattice
  private let norms: [Float]
  private let weight: Float

  init(_ lattice: PermutohedralLattice, weight: Float) {
    self.lattice = lattice
    self.weight = weight
    norms = lattice([Float](repeating: 1, count: lattice.points)).map {
      1 / ($0 + 1e-20).squareRoot()
    }
  }

  func callAsFunction(_ values: [Float]) -> [Float] {
    var scaled = values
    for place in scaled.indices { scaled[place] *= norms[place] }
    var filtered = lattice(scaled)
    for place in filtered.indices { filtered[place] *= weight * norms[place] }
    return filtered
  }
}
