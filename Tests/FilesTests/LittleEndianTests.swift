import Files
import Testing

@Suite("Little-endian numbers") struct LittleEndianTests {
  @Test
  func `Little-endian numbers: the least significant byte comes first`() {
    var bytes: [UInt8] = [9]
    bytes.append(littleEndian: UInt16(0x0102))
    bytes.append(littleEndian: Int32(-2))
    bytes.append(littleEndian: UInt64(0x0102_0304_0506_0708))
    #expect(bytes == [9, 2, 1, 0xFE, 0xFF, 0xFF, 0xFF, 8, 7, 6, 5, 4, 3, 2, 1])
    #expect(bytes.integer(UInt16.self, at: 1) == 0x0102)
    #expect(bytes.integer(UInt32.self, at: 3) == 0xFFFF_FFFE)
    #expect(bytes.integer(UInt64.self, at: 7) == 0x0102_0304_0506_0708)
    #expect([UInt8](littleEndian: [Float(1), -2]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    #expect([UInt8](littleEndian: [UInt16(1), 0x0203]) == [1, 0, 3, 2])
  }

  @Test(arguments: 0..<8)
  func `Little-endian numbers: they are read from any address`(offset: Int) {
    let numbers: [Double] = [1.5, -0.0, .infinity, 2.5e-308]
    let bytes = [UInt8](repeating: 7, count: offset) + [UInt8](littleEndian: numbers)
    let read = [Double](littleEndian: bytes.span.extracting(offset..<bytes.count))
    #expect(read.map(\.bitPattern) == numbers.map(\.bitPattern))
    #expect([Float](littleEndian: bytes.span.extracting(0..<0)).isEmpty)
  }
}
