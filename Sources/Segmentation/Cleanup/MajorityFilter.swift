import Imaging
package import LinearAlgebra

/// Gives each pixel the class that most pixels of a square around it have.
///
/// The square is cut off at the edges; of equally many the smallest id. Pixels that are unlabelled or
/// left out neither vote nor change. It costs thin phases dearly: off unless asked for.
package struct MajorityFilter: Sendable, Hashable, Codable {
  /// Pixels from the square's middle to its side, 1…64.
  package let radius: Int

  package init(radius: Int) {
    precondition((1...64).contains(radius), "radius \(radius)")
    self.radius = radius
  }

  package func callAsFunction(_ labels: LabelImage, workers: ThreadPool? = nil) -> LabelImage {
    let counts = labels.counts
    let ids = (1..<255).filter { counts[$0] > 0 }.map { UInt8($0) }
    guard ids.count > 1 else { return labels }
    let bands = Blocks(of: labels.size.height, atMost: max(64, 4 * radius))
    let parts = workers.map(bands.count) { [self] index, _ in
      filtered(labels, rows: bands[index], ids: ids)
    }
    return LabelImage(size: labels.size, ids: parts.flatMap { $0 })
  }

  private func filtered(_ labels: LabelImage, rows: Range<Int>, ids: [UInt8]) -> [UInt8] {
    let (width, height, count) = (labels.size.width, labels.size.height, ids.count)
    var places = [Int](repeating: -1, count: 256)
    for (place, id) in ids.enumerated() { places[Int(id)] = place }
    // How many pixels of each class are in each column of the square.
    var columns = [Int32](repeating: 0, count: width * count)
    func add(_ row: Int, _ sign: Int32) {
      for x in 0..<width {
        let place = places[Int(labels.ids[row * width + x])]
        if place >= 0 { columns[x * count + place] += sign }
      }
    }
    var out: [UInt8] = []
    out.reserveCapacity(rows.count * width)
    for row in max(0, rows.lowerBound - radius)..<min(height, rows.lowerBound + radius) {
      add(row, 1)
    }
    for y in rows {
      if y + radius < height { add(y + radius, 1) }
      if y > rows.lowerBound, y - radius - 1 >= 0 { add(y - radius - 1, -1) }
      var votes = [Int32](repeating: 0, count: count)
      for x in 0..<min(radius, width) {
        for k in 0..<count { votes[k] += columns[x * count + k] }
      }
      for x in 0..<width {
        if x + radius < width {
          for k in 0..<count { votes[k] += columns[(x + radius) * count + k] }
        }
        if x > radius {
          for k in 0..<count { votes[k] -= columns[(x - radius - 1) * count + k] }
        }
        let own = labels.ids[y * width + x]
        guard places[Int(own)] >= 0 else {
          out.append(own)
          continue
        }
        var best = 0
        for k in 1..<count where votes[k] > votes[best] { best = k }
        out.append(ids[best])
      }
    }
    return out
  }
}
