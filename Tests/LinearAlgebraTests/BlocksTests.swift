import LinearAlgebra
import Testing

@Suite("Blocks") struct BlocksTests {
  @Test(arguments: [1, 2, 3, 7, 16, 100, 256, 512])
  func `as few blocks as the bound allows cover all once, equal to within one`(bound: Int) throws {
    for count in Array(0...300) + [511, 512, 513, 1369, 1370, 16_130] {
      let blocks = Blocks(of: count, atMost: bound)
      try #require(blocks.ranges.flatMap { Array($0) } == Array(0..<count))
      try #require(blocks.count == (count + bound - 1) / bound)
      let sizes = blocks.ranges.map(\.count)
      try #require((sizes.max() ?? 0) <= bound)
      try #require((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
      for index in 0..<blocks.count { try #require(blocks[index] == blocks.ranges[index]) }
    }
  }

  @Test(arguments: 1...9)
  func `every share gets equally many blocks unless there are too few rows`(shares: Int) throws {
    for count in Array(0...300) + [1370, 4673] {
      let blocks = Blocks(of: count, atMost: 144, sharedBy: shares)
      try #require(blocks.ranges.flatMap { Array($0) } == Array(0..<count))
      try #require(blocks.ranges.allSatisfy { (1...144).contains($0.count) })
      try #require(blocks.count % shares == 0 || blocks.count == count)
      try #require(blocks.count < (count + 143) / 144 + shares)
    }
  }
}
