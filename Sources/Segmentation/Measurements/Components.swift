package import Imaging

/// The connected objects of some classes, numbered in the order of their first pixels from the top.
///
/// Pixels are connected only to pixels of their own class. Source: scikit-image's `label`.
package struct Components: Sendable, Hashable {
  package enum Connectivity: String, Sendable, Hashable, Codable {
    /// Over edges alone.
    case four
    /// Over corners as well.
    case eight
  }

  package let size: Size
  /// Each pixel's object from 1 on, 0 where there is none, `[height · width]`.
  package let objects: [Int32]
  /// The class of each object, `[count]`.
  package let ids: [UInt8]

  package var count: Int { ids.count }

  /// Finds the objects of the classes given; none of what is unlabelled or left out otherwise.
  package init(
    of labels: LabelImage, ids wanted: Set<UInt8>, _ connectivity: Connectivity = .eight
  ) {
    let (width, height) = (labels.size.width, labels.size.height)
    precondition(width * height < Int(Int32.max), "\(labels.size) in one picture")
    var isWanted = [Bool](repeating: false, count: 256)
    for id in wanted { isWanted[Int(id)] = true }
    var objects = [Int32](repeating: 0, count: width * height)
    var forest = UnionFind()
    for y in 0..<height {
      for x in 0..<width {
        let place = y * width + x
        let id = labels.ids[place]
        guard isWanted[Int(id)] else { continue }
        var own: Int32 = 0
        func join(_ neighbour: Int) {
          guard labels.ids[neighbour] == id else { return }
          own = own == 0 ? objects[neighbour] : forest.join(own, objects[neighbour])
        }
        if x > 0 { join(place - 1) }
        if y > 0 {
          join(place - width)
          if connectivity == .eight, x > 0 { join(place - width - 1) }
          if connectivity == .eight, x + 1 < width { join(place - width + 1) }
        }
        objects[place] = own == 0 ? forest.add() : own
      }
    }
    var numbers = [Int32](repeating: 0, count: forest.count + 1)
    var ids: [UInt8] = []
    for place in objects.indices where objects[place] > 0 {
      let root = Int(forest.root(objects[place]))
      if numbers[root] == 0 {
        ids.append(labels.ids[place])
        numbers[root] = Int32(ids.count)
      }
      objects[place] = numbers[root]
    }
    self.size = labels.size
    self.objects = objects
    self.ids = ids
  }

  /// The object of another labelling at each object's first pixel, `[count]`.
  package func objects(of other: Components) -> [Int] {
    precondition(size == other.size, "\(size) and \(other.size)")
    var found = [Int](repeating: 0, count: count)
    for (place, object) in objects.enumerated() where object > 0 && found[Int(object) - 1] == 0 {
      found[Int(object) - 1] = Int(other.objects[place])
    }
    return found
  }

  /// Pixels of each object, `[count]`.
  package var areas: [Int] {
    var areas = [Int](repeating: 0, count: count)
    for object in objects where object > 0 { areas[Int(object) - 1] += 1 }
    return areas
  }
}

/// Sets of numbers from 1 on, of which two can be made one; the smallest number is the root.
private struct UnionFind {
  private var parents: [Int32] = [0]

  var count: Int { parents.count - 1 }

  mutating func add() -> Int32 {
    parents.append(Int32(parents.count))
    return Int32(parents.count - 1)
  }

  mutating func root(_ number: Int32) -> Int32 {
    var number = number
    while parents[Int(number)] != number {
      let parent = parents[Int(number)]
      parents[Int(number)] = parents[Int(parent)]
      number = parents[Int(number)]
    }
    return number
  }

  mutating func join(_ a: Int32, _ b: Int32) -> Int32 {
    let (first, second) = (root(a), root(b))
    let (low, high) = (min(first, second), max(first, second))
    parents[Int(high)] = low
    return low
  }
}
