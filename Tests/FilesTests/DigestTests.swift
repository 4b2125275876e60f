import Files
import Testing

@Suite("Digest") struct DigestTests {
  @Test(arguments: 0..<32)
  func `every byte survives the way through hexadecimal`(place: Int) throws {
    for value in UInt8.min...UInt8.max {
      var bytes = [UInt8](repeating: 0xA5, count: 32)
      bytes[place] = value
      let digest = try #require(Digest(bytes: bytes))
      #expect(Digest(hex: digest.description) == digest)
      #expect(Digest(hex: digest.description.uppercased()) == digest)
      #expect(digest.bytes == bytes)
    }
  }

  @Test(arguments: [
    "", "0", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
    String(repeating: "g", count: 64), String(repeating: "0", count: 62) + " 0",
    String(repeating: "é", count: 32), String(repeating: "0", count: 62) + "0x",
  ])
  func `what is not 64 hexadecimal digits is no digest`(text: String) {
    #expect(Digest(hex: text) == nil)
  }

  @Test(arguments: [0, 31, 33])
  func `only 32 bytes make a digest`(count: Int) {
    #expect(Digest(bytes: Array(repeating: 0, count: count)) == nil)
  }
}
