import Tensors
import Testing

@Suite("Inflation") struct InflationTests {
  /// A hundred thousand zeros as Python's zlib deflates them.
  private static let zeros: [UInt8] =
    [
      0x78, 0xda, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d,
      0x0f,
    ]
    + [0xa0] + Array(repeating: 0, count: 96) + [0x80, 0x57, 0x03, 0x86, 0xaf, 0x00, 0x01]

  @Test func `Inflation: bytes in zlib's frame are those that were deflated, exactly as many`()
    throws
  {
    let found = try Inflation.inflate(Self.zeros, to: 100_000, in: .zlib)
    #expect(found == Array(repeating: 0, count: 100_000))
    for count in [0, 1, 99_999, 100_001, 1 << 40] {
      #expect(throws: ArrayFileError.self, "\(count)") {
        try Inflation.inflate(Self.zeros, to: count, in: .zlib)
      }
    }
  }

  @Test func `Inflation: another frame, damage and what follows are refused`() {
    #expect(throws: ArrayFileError.self) { try Inflation.inflate(Self.zeros, to: 100_000) }
    for place in [0, 1, 3, Self.zeros.count - 1] {
      var damaged = Self.zeros
      damaged[place] ^= 0x11
      #expect(throws: ArrayFileError.self, "byte \(place)") {
        try Inflation.inflate(damaged, to: 100_000, in: .zlib)
      }
    }
    for cut in [0, 1, 2, 20, Self.zeros.count - 1] {
      #expect(throws: ArrayFileError.self, "\(cut) bytes") {
        try Inflation.inflate(Array(Self.zeros.prefix(cut)), to: 100_000, in: .zlib)
      }
    }
    #expect(throws: ArrayFileError.self) {
      try Inflation.inflate(Self.zeros + [0], to: 100_000, in: .zlib)
    }
  }
}
