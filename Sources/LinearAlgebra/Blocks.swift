/// A count cut into consecutive blocks of nearly equal size, none larger than a bound.
package struct Blocks: Sendable, Hashable {
  package let ranges: [Range<Int>]

  /// As few blocks as the bound allows, or as few as give each of `shares` equally many.
  ///
  /// With more shares than one the cut follows the size of a team: it is for rows that are computed
  /// alike in any block.
  package init(of count: Int, atMost bound: Int, sharedBy shares: Int = 1) {
    precondition(
      count >= 0 && bound > 0 && shares > 0, "\(count) in blocks of \(bound) for \(shares)")
    let least = (count + bound - 1) / bound
    let blocks = min((least + shares - 1) / shares * shares, count)
    ranges = (0..<blocks).map { $0 * count / blocks..<($0 + 1) * count / blocks }
  }

  package var count: Int { ranges.count }

  package subscript(index: Int) -> Range<Int> { ranges[index] }
}
