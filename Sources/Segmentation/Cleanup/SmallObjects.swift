import Imaging

/// Takes away objects that are too small, then fills holes that are.
///
/// An object of a class, connected over edges and corners, with fewer pixels than the class's least
/// goes to the class that touches it along most edges, of equals to the smallest id. A hole of a
/// class is a part without it, connected over edges, that does not touch the picture's edge; with
/// fewer pixels than the class's largest hole it is filled. Classes have their turn in the order of
/// their ids. What is unlabelled or left out stays so.
package struct SmallObjects: Sendable, Hashable {
  /// Pixels below which objects of a class go, by its id.
  package let leastAreas: [UInt8: Int]
  /// Pixels below which holes in a class are filled, by its id.
  package let holeAreas: [UInt8: Int]

  package init(leastAreas: [UInt8: Int], holeAreas: [UInt8: Int]) {
    (self.leastAreas, self.holeAreas) = (leastAreas, holeAreas)
  }

  package func callAsFunction(_ labels: LabelImage) -> LabelImage {
    var ids = labels.ids
    for (id, least) in leastAreas.sorted(by: { $0.key < $1.key }) where least > 1 {
      ids = without(id, smallerThan: least, LabelImage(size: labels.size, ids: ids))
    }
    for (id, least) in holeAreas.sorted(by: { $0.key < $1.key }) where least > 1 {
      ids = filled(id, smallerThan: least, LabelImage(size: labels.size, ids: ids))
    }
    return LabelImage(size: labels.size, ids: ids)
  }

  private func without(_ id: UInt8, smallerThan least: Int, _ labels: LabelImage) -> [UInt8] {
    let components = Components(of: labels, ids: [id])
    let isSmall = components.areas.map { $0 < least }
    var votes = [[UInt8: Int]](repeating: [:], count: components.count)
    let (width, height) = (labels.size.width, labels.size.height)
    for place in labels.ids.indices {
      let object = Int(components.objects[place]) - 1
      guard object >= 0, isSmall[object] else { continue }
      let (x, y) = (place % width, place / width)
      for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
        guard x + dx >= 0, x + dx < width, y + dy >= 0, y + dy < height else { continue }
        let other = labels.ids[place + dy * width + dx]
        guard other != id, other != LabelClass.unlabelled, other != LabelClass.ignored else {
          continue
        }
        votes[object][other, default: 0] += 1
      }
    }
    let heirs = votes.map { counts in
      counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }
    return labels.ids.indices.map { place in
      let object = Int(components.objects[place]) - 1
      guard object >= 0, isSmall[object], let heir = heirs[object] else { return labels.ids[place] }
      return heir
    }
  }

  private func filled(_ id: UInt8, smallerThan least: Int, _ labels: LabelImage) -> [UInt8] {
    let rest = LabelImage(size: labels.size, ids: labels.ids.map { $0 == id ? 0 : 1 })
    let components = Components(of: rest, ids: [1], .four)
    var isHole = components.areas.map { $0 < least }
    let (width, height) = (labels.size.width, labels.size.height)
    for place in labels.ids.indices {
      let object = Int(components.objects[place]) - 1
      guard object >= 0 else { continue }
      let (x, y) = (place % width, place / width)
      let isOutside = x == 0 || y == 0 || x == width - 1 || y == height - 1
      let own = labels.ids[place]
      // A part with what is unlabelled or left out is no hole.
      if isOutside || own == LabelClass.unlabelled || own == LabelClass.ignored {
        isHole[object] = false
      }
    }
    return labels.ids.indices.map { place in
      let object = Int(components.objects[place]) - 1
      return object >= 0 && isHole[object] ? id : labels.ids[place]
    }
  }
}
