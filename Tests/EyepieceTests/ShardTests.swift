import Eyepiece
import Files
import Testing

@Suite("Shards") struct ShardTests {
  @Test(arguments: 1...7)
  func `Shard: each image is in exactly one of them`(count: Int) throws {
    let shards = try (0..<count).map { try #require(Shard(argument: "\($0)/\(count)")) }
    var sizes = [Int](repeating: 0, count: count)
    for number in 0..<1000 {
      let digest = SHA256.digest(of: Array("\(number)".utf8))
      let holders = shards.indices.filter { shards[$0].contains(digest) }
      #expect(holders.count == 1)
      for holder in holders { sizes[holder] += 1 }
    }
    #expect(sizes.allSatisfy { $0 > 700 / count }, "\(sizes)")
  }

  @Test(arguments: ["", "1", "1/", "/2", "2/2", "-1/2", "0/0", "a/b", "0/2/3", "0/100001"])
  func `Shard: what is no part of a whole is refused`(text: String) {
    #expect(Shard(argument: text) == nil)
  }

  @Test func `Duration: minutes, hours and seconds are read, and nothing else`() {
    #expect(Duration(words: "55m") == .seconds(3300))
    #expect(Duration(words: "1.5h") == .seconds(5400))
    #expect(Duration(words: "90s") == .seconds(90) && Duration(words: "90") == .seconds(90))
    for text in ["", "m", "-1m", "0", "inf", "nan", "1d", "1e12h"] {
      #expect(Duration(words: text) == nil, "\(text)")
    }
  }
}
