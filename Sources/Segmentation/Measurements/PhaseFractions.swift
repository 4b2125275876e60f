/// The share of each class among the pixels that count.
package struct PhaseFractions: Sendable, Hashable {
  /// Pixels of each class, by its id.
  package let pixels: [UInt8: Int]
  /// Pixels of all classes: without those unlabelled or left out.
  package let valid: Int

  /// Counts the pixels that `mask` leaves in.
  package init(of labels: LabelImage, where mask: [Bool]? = nil) {
    var counts = [Int](repeating: 0, count: 256)
    for (place, id) in labels.ids.enumerated() where mask?[place] ?? true { counts[Int(id)] += 1 }
    var pixels: [UInt8: Int] = [:]
    for id in 1..<255 where counts[id] > 0 { pixels[UInt8(id)] = counts[id] }
    self.pixels = pixels
    valid = pixels.values.reduce(0, +)
  }

  /// A class's fraction; 0 where no pixel counts.
  package subscript(id: UInt8) -> Double { Double(pixels[id] ?? 0) / Double(max(valid, 1)) }
}
