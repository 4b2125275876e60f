import Foundation

/// A Gaussian filter of points in a space of few dimensions, by a lattice of simplices.
///
/// Points are spread over the corners of their simplex, these are blurred along the lattice's axes,
/// and points gather what is there. Corners that no point has count as zero. Source: Adams, Baek and
/// Davis 2010; Krähenbühl and Koltun's `permutohedral.cpp`, in float32 and with its ties to even.
package struct PermutohedralLattice: Sendable {
  let dimensions: Int
  package let points: Int
  /// Corners that points have.
  package let corners: Int
  /// Each point's corners, from 1 on, `[points, dimensions + 1]`.
  private let places: [Int32]
  /// And its shares of them.
  private let shares: [Float]
  /// Along each axis the corner before and the one after, 0 where there is none,
  /// `[dimensions + 1, corners, 2]`.
  private let neighbours: [Int32]

  /// Bytes that a lattice of so many points keeps, besides its few corners.
  package static func bytes(points: Int, dimensions: Int) -> Int { points * (dimensions + 1) * 8 }

  /// Builds the lattice of points, `[points, dimensions]`, given one by one.
  package init(
    dimensions d: Int, points: Int, _ position: (_ point: Int, inout [Float]) -> Void
  ) {
    dimensions = d
    self.points = points
    var table = CornerTable(dimensions: d)
    var places = [Int32](repeating: 0, count: points * (d + 1))
    var shares = [Float](repeating: 0, count: points * (d + 1))
    let scales = (0..<d).map { i in
      Float((2.0 / 3).squareRoot() * Double(d + 1) / (Double((i + 1) * (i + 2))).squareRoot())
    }
    let inverse = 1 / Float(d + 1)
    var (x, e) = ([Float](repeating: 0, count: d), [Float](repeating: 0, count: d + 1))
    var nearest = e
    var b = [Float](repeating: 0, count: d + 2)
    var rank = [Int](repeating: 0, count: d + 1)
    var key = [Int32](repeating: 0, count: d)
    for point in 0..<points {
      position(point, &x)
      var sum: Float = 0
      for j in stride(from: d, to: 0, by: -1) {
        let c = x[j - 1] * scales[j - 1]
        e[j] = sum - Float(j) * c
        sum += c
      }
      e[0] = sum
      var excess = 0
      for i in 0...d {
        let r = (e[i] * inverse).rounded(.toNearestOrEven)
        nearest[i] = r * Float(d + 1)
        excess += Int(r)
        rank[i] = 0
      }
      for i in 0..<d {
        for j in i + 1...d {
          if e[i] - nearest[i] < e[j] - nearest[j] { rank[i] += 1 } else { rank[j] += 1 }
        }
      }
      for i in 0...d {
        rank[i] += excess
        if rank[i] < 0 {
          rank[i] += d + 1
          nearest[i] += Float(d + 1)
        } else if rank[i] > d {
          rank[i] -= d + 1
          nearest[i] -= Float(d + 1)
        }
      }
      for i in b.indices { b[i] = 0 }
      for i in 0...d {
        let v = (e[i] - nearest[i]) * inverse
        b[d - rank[i]] += v
        b[d + 1 - rank[i]] -= v
      }
      b[0] += 1 + b[d + 1]
      for q in 0...d {
        for i in 0..<d {
          key[i] = Int32(nearest[i]) + Int32(rank[i] <= d - q ? q : q - (d + 1))
        }
        places[point * (d + 1) + q] = table.place(of: key) + 1
        shares[point * (d + 1) + q] = b[q]
      }
    }
    corners = table.count
    self.places = places
    self.shares = shares
    neighbours = table.neighbours
  }

  /// The filtered values, unnormalised.
  package func callAsFunction(_ values: [Float]) -> [Float] {
    precondition(values.count == points, "\(values.count) values of \(points) points")
    let corner = dimensions + 1
    var sums = [Float](repeating: 0, count: corners + 1)
    for point in 0..<points {
      let value = values[point]
      for place in point * corner..<(point + 1) * corner {
        sums[Int(places[place])] += shares[place] * value
      }
    }
    var blurred = sums
    for axis in 0..<corner {
      for index in 0..<corners {
        let place = 2 * (axis * corners + index)
        let around = sums[Int(neighbours[place])] + sums[Int(neighbours[place + 1])]
        blurred[index + 1] = sums[index + 1] + 0.5 * around
      }
      swap(&sums, &blurred)
      sums[0] = 0
    }
    let scale = 1 / (1 + Float(pow(2.0, -Double(dimensions))))
    var out = [Float](repeating: 0, count: points)
    for point in 0..<points {
      var value: Float = 0
      for place in point * corner..<(point + 1) * corner {
        value += shares[place] * sums[Int(places[place])] * scale
      }
      out[point] = value
    }
    return out
  }
}

/// Corners by their coordinates, numbered in the order in which they come.
private struct CornerTable {
  private let dimensions: Int
  private var keys: [Int32] = []
  private var slots: [Int32]
  private(set) var count = 0

  init(dimensions: Int) {
    self.dimensions = dimensions
    slots = [Int32](repeating: -1, count: 1 << 12)
  }

  private func hash(_ key: [Int32]) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in key {
      hash = (hash ^ UInt64(UInt32(bitPattern: part))) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 29
    }
    return Int(truncatingIfNeeded: hash & UInt64(slots.count - 1))
  }

  /// The slot of a key, or the free one that would be its.
  private func slot(of key: [Int32]) -> Int {
    var slot = hash(key)
    while slots[slot] >= 0 {
      let first = Int(slots[slot]) * dimensions
      var isEqual = true
      for i in 0..<dimensions where keys[first + i] != key[i] { isEqual = false }
      if isEqual { return slot }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  mutating func place(of key: [Int32]) -> Int32 {
    let slot = slot(of: key)
    if slots[slot] >= 0 { return slots[slot] }
    let place = Int32(count)
    slots[slot] = place
    keys += key
    count += 1
    if 2 * count > slots.count { grow() }
    return place
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: 2 * slots.count)
    for place in 0..<count {
      let key = Array(keys[place * dimensions..<(place + 1) * dimensions])
      slots[slot(of: key)] = Int32(place)
    }
  }

  var neighbours: [Int32] {
    var result = [Int32](repeating: 0, count: 2 * (dimensions + 1) * count)
    for axis in 0...dimensions {
      for place in 0..<count {
        for (side, step) in [(0, Int32(-1)), (1, Int32(1))] {
          var key = Array(keys[place * dimensions..<(place + 1) * dimensions])
          for i in key.indices { key[i] += step }
          if axis < dimensions {
            key[axis] = keys[place * dimensions + axis] - step * Int32(dimensions)
          }
          result[2 * (axis * count + place) + side] = slots[slot(of: key)] + 1
        }
      }
    }
    return result
  }
}
