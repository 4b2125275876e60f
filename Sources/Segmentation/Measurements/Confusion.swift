/// How often each class was answered where each class is true.
package struct Confusion: Sendable, Hashable {
  package let classes: Int
  /// `[truth, answer]`.
  package private(set) var counts: [Int]

  package init(classes: Int) {
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  /// The sum of some, of one number of classes.
  package init(adding parts: [Confusion]) {
    self.init(classes: parts.first?.classes ?? 0)
    for part in parts {
      for place in counts.indices { counts[place] += part.counts[place] }
    }
  }

  package mutating func add(truth: Int, answer: Int, count: Int = 1) {
    counts[truth * classes + answer] += count
  }

  /// A class's pixels that are right, of those that are it or were called it; `nil` where there are
  /// none.
  package func intersectionOverUnion(_ class: Int) -> Double? {
    let right = counts[`class` * classes + `class`]
    var union = -right
    for other in 0..<classes {
      union += counts[`class` * classes + other] + counts[other * classes + `class`]
    }
    return union > 0 ? Double(right) / Double(union) : nil
  }

  /// The share of a class's pixels that are right; `nil` where it has none.
  package func accuracy(_ class: Int) -> Double? {
    let all = counts[`class` * classes..<(`class` + 1) * classes].reduce(0, +)
    return all > 0 ? Double(counts[`class` * classes + `class`]) / Double(all) : nil
  }

  /// The mean over the classes that are true somewhere.
  package var meanIntersectionOverUnion: Double {
    let present = (0..<classes).filter { truth in
      counts[truth * classes..<(truth + 1) * classes].contains { $0 > 0 }
    }
    let values = present.compactMap { intersectionOverUnion($0) }
    return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}
