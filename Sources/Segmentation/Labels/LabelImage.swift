package import Imaging

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
}
