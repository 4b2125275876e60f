import Imaging

/// Which labelled pixels become rows.
///
/// Images are taken in the order of their keys and pixels from the top, so that neither the order
/// of strokes nor that of images makes a difference.
struct RowSelection: Sendable {
  struct Pixel: Sendable, Hashable {
    /// Its image's place among those in order.
    let image: Int
    let x: Int
    let y: Int
    let id: UInt8
  }

  let pixels: [Pixel]
  /// Labelled pixels of each id before any were left out, `[256]`.
  let counts: [Int]

  var isCapped: Bool { pixels.count < counts.reduce(0, +) }

  /// Chooses at most `limit` pixels of images that are in order.
  ///
  /// Beyond that the larger classes give up as many as make them equal. Those stay whose hash of
  /// image and place is least: the same on every machine, and mostly the same after one more stroke.
  init(of images: [TrainingImage], limit: Int) {
    var counts = [Int](repeating: 0, count: 256)
    var pixels: [Pixel] = []
    for (index, image) in images.enumerated() {
      let width = image.labels.size.width
      for (place, id) in image.labels.ids.enumerated()
      where id != LabelClass.unlabelled && id != LabelClass.ignored {
        counts[Int(id)] += 1
        pixels.append(Pixel(image: index, x: place % width, y: place / width, id: id))
      }
    }
    self.counts = counts
    guard pixels.count > limit else {
      self.pixels = pixels
      return
    }
    let quotas = RowSelection.quotas(of: counts, limit: limit)
    let keys = images.map { RowSelection.hash(Array($0.key.utf8)) }
    var members = [[(hash: UInt64, place: Int)]](repeating: [], count: 256)
    for (place, pixel) in pixels.enumerated() {
      let hash = RowSelection.mixed(
        keys[pixel.image] &+ RowSelection.mixed(UInt64(pixel.y) << 32 | UInt64(pixel.x)))
      members[Int(pixel.id)].append((hash, place))
    }
    var isKept = [Bool](repeating: false, count: pixels.count)
    for (id, all) in members.enumerated() {
      for one in all.sorted(by: { ($0.hash, $0.place) < ($1.hash, $1.place) }).prefix(quotas[id]) {
        isKept[one.place] = true
      }
    }
    self.pixels = pixels.indices.filter { isKept[$0] }.map { pixels[$0] }
  }

  /// How many of each class stay: all of the small ones, the rest shared out equally.
  private static func quotas(of counts: [Int], limit: Int) -> [Int] {
    var quotas = counts
    var left = limit
    let order = counts.indices.filter { counts[$0] > 0 }.sorted {
      (counts[$0], $0) < (counts[$1], $1)
    }
    for (place, id) in order.enumerated() {
      quotas[id] = min(counts[id], left / (order.count - place))
      left -= quotas[id]
    }
    return quotas
  }

  /// Source: Fowler, Noll and Vo's FNV-1a of 64 bits.
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }

  /// Source: SplitMix64, of Steele, Lea and Flood 2014.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
