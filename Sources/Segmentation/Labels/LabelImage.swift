package import Imaging
import LinearAlgebra

/// What a user painted, or a classifier answered: a class's id for each pixel, `[height, width]`.
package struct LabelImage: Sendable, Hashable {
  package let size: Size
  /// 0 where nothing is known, 255 where nothing is to be.
  package let ids: [UInt8]

  package init(size: Size, ids: [UInt8]) {
    precondition(ids.count == size.width * size.height, "\(ids.count) labels for \(size)")
    (self.size, self.ids) = (size, ids)
  }

  /// Pixels of each id, `[256]`.
  package var counts: [Int] {
    var counts = [Int](repeating: 0, count: 256)
    // Equal neighbours are counted at once: most pixels are as the one before.
    var (last, run) = (LabelClass.unlabelled, 0)
    for id in ids {
      if id != last {
        counts[Int(last)] += run
        (last, run) = (id, 0)
      }
      run += 1
    }
    counts[Int(last)] += run
    return counts
  }

  /// Every `step`-th pixel of every `step`-th row, from the first.
  package func taken(every step: Int) -> LabelImage {
    guard step > 1 else { return self }
    var taken: [UInt8] = []
    for row in stride(from: 0, to: size.height, by: step) {
      for column in stride(from: 0, to: size.width, by: step) {
        taken.append(ids[row * size.width + column])
      }
    }
    return LabelImage(size: size.taken(every: step), ids: taken)
  }
}

extension Size {
  package func taken(every step: Int) -> Size {
    Size(width: width.taken(every: step), height: height.taken(every: step))
  }
}
