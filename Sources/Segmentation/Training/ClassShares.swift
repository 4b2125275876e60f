import Foundation
import Imaging
package import LinearAlgebra

/// How much of the images each class is likely to fill, as a classifier that took all classes for
/// equally frequent finds it in the images that it was trained on.
///
/// Its probabilities are weighted by the shares and the shares become their means, until none changes
/// by more than 1e-4. Source: Saerens, Latinne and Decaestecker 2002, eq. 2.15.
package struct ClassShares: Sendable, Hashable {
  /// One for each of the classifier's classes; they add up to one.
  package let values: [Double]

  /// Pixels that are looked at of an image, and images at most.
  static let (pixelsOfImage, mostImages) = (1 << 14, 16)
  private static let (tolerance, rounds) = (1e-4, 200)
  /// The least share that counts, so that a class that was not found can still be.
  private static let least = 1e-3

  /// Finds the shares in one image's scores, class after class for each pixel.
  package init(of scores: [Float], classes: Int) {
    let pixels = scores.count / max(classes, 1)
    var shares = [Double](repeating: 1 / Double(max(classes, 1)), count: classes)
    guard pixels > 0 else {
      values = shares
      return
    }
    var weights = [Double](repeating: 0, count: pixels * classes)
    for pixel in 0..<pixels {
      let own = pixel * classes..<(pixel + 1) * classes
      guard own.allSatisfy({ scores[$0].isFinite }) else {
        // It tells nothing of the classes.
        for place in own { weights[place] = 1 }
        continue
      }
      let most = own.reduce(-Double.infinity) { max($0, Double(scores[$1])) }
      for place in own { weights[place] = exp(Double(scores[place]) - most) }
    }
    for _ in 0..<ClassShares.rounds {
      var sums = [Double](repeating: 0, count: classes)
      for pixel in 0..<pixels {
        var sum = 0.0
        for k in 0..<classes { sum += weights[pixel * classes + k] * shares[k] }
        for k in 0..<classes { sums[k] += weights[pixel * classes + k] * shares[k] / sum }
      }
      let found = sums.map { $0 / Double(pixels) }
      let change = zip(found, shares).reduce(0) { max($0, abs($1.0 - $1.1)) }
      shares = found
      if change <= ClassShares.tolerance { break }
    }
    values = shares
  }

  /// The means of several images' shares.
  package init(meanOf all: [ClassShares], classes: Int) {
    let equal = 1 / Double(max(classes, 1))
    values = (0..<classes).map { k in
      all.isEmpty ? equal : all.reduce(0) { $0 + $1.values[k] } / Double(all.count)
    }
  }

  /// What the classes' scores are shifted by, their mean being 0: half of what the shares would ask for.
  ///
  /// All of it makes a rare class's thin parts vanish, none of it spreads the class over what is like
  /// it. Source: measurements on micrographs with full truth.
  package var shifts: [Double] {
    let logarithms = values.map { 0.5 * log(max($0, ClassShares.least)) }
    let mean = logarithms.reduce(0, +) / Double(max(logarithms.count, 1))
    return logarithms.map { $0 - mean }
  }
}

extension ClassShares {
  /// Labelled rows that may be lost, as a share of all rows' weights.
  private static let lostShare = 0.01

  /// The shifts for a model, halved until it still answers what was painted: at most one in a hundred
  /// of its training rows, by weight, may be answered rightly without them alone.
  package func shifts(for model: LinearModel, fittedTo set: TrainingSet) -> [Double] {
    let count = values.count
    let scores = ScoreKernels.current.products(
      set.features.all, by: model.coefficients, bias: model.intercepts)
    func right(_ shifts: [Double]) -> Double {
      (0..<set.count).reduce(0) { sum, row in
        let best = (0..<count).max {
          Double(scores[row * count + $0]) + shifts[$0] < Double(scores[row * count + $1])
            + shifts[$1]
        }
        return sum + (best == Int(set.classes[row]) ? set.weights[row] : 0)
      }
    }
    let least =
      right([Double](repeating: 0, count: count))
      - ClassShares.lostShare * set.weights.reduce(0, +)
    var shifts = shifts
    for _ in 0..<4 {
      if right(shifts) >= least { return shifts }
      shifts = shifts.map { $0 / 2 }
    }
    return [Double](repeating: 0, count: count)
  }
}

extension Classifier {
  /// The shares of its classes in images; `nil` for other models than logistic regression's.
  ///
  /// Pixels labelled 255 are left out. At most 16 images are looked at, the first by their keys, and
  /// some 16,384 pixels of each in a lattice.
  package func shares(
    in images: [TrainingImage], workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> ClassShares? {
    guard model.linear?.kind == .logistic, !images.isEmpty else { return nil }
    let taken = images.sorted { $0.key < $1.key }.prefix(ClassShares.mostImages)
    let found = try taken.map { image in
      ClassShares(
        of: try lattice(of: image, workers: workers, shouldStop: shouldStop), classes: ids.count)
    }
    return ClassShares(meanOf: found, classes: ids.count)
  }

  /// The classifier with its scores shifted towards the classes' shares, which its choice then names.
  package func shifted(to shares: ClassShares, by shifts: [Double]) -> Classifier {
    guard let model = model.linear else { return self }
    var provenance = provenance
    provenance.choice?.shares = Dictionary(
      uniqueKeysWithValues: zip(ids, shares.values).map { ("\($0)", $1) })
    return Classifier(
      classes: classes, features: features, deepDim: deepDim, standardisation: standardisation,
      model: .linear(model.shifted(by: shifts)), provenance: provenance,
      refits: refits.map { $0.shifted(by: shifts) })
  }

  /// The scores of an image's pixels in a lattice, class after class for each.
  private func lattice(
    of image: TrainingImage, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> [Float] {
    let (size, labels) = (image.labels.size, image.labels.ids)
    let pixels = Double(size.width) * Double(size.height)
    let step = max(1, Int((pixels / Double(ClassShares.pixelsOfImage)).squareRoot().rounded(.up)))
    // A thin picture has a row and a column too.
    let first = (x: min(step / 2, size.width - 1), y: min(step / 2, size.height - 1))
    let parts = try bands(
      deep: image.deep, grey: image.grey, workers: workers, shouldStop: shouldStop
    ) { rows, scores in
      var taken: [Float] = []
      for y in rows where y % step == first.y {
        let start = (y - rows.lowerBound) * size.width
        let row = scores[columns: start..<start + size.width].values
        for x in stride(from: first.x, to: size.width, by: step)
        where labels[y * size.width + x] != LabelClass.ignored {
          taken += stride(from: x, to: row.count, by: size.width).map { row[$0] }
        }
      }
      return taken
    }
    return parts.flatMap { $0 }
  }
}
