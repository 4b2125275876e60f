/// A count cut into consecutive blocks of nearly equal size, none larger than a bound.
///
/// The cut depends on the count alone, so results do not depend on how many threads share it.
package struct Blocks: Sendable, Hashable {
  package let ranges: [Range<Int>]

  package init(of count: Int, atMost bound: Int) {
    precondition(count >= 0 && bound > 0, "\(count) in blocks of \(bound)")
    let blocks = (count + bound - 1) / bound
    ranges = (0..<blocks).map { $0 * count / blocks..<($0 + 1) * count / blocks }
  }

  package var count: Int { ranges.count }

  package subscript(index: Int) -> Range<Int> { ranges[index] }
}
