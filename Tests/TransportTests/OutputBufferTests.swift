import Testing

import Transport

@Suite("Output buffer") struct OutputBufferTests {
  @Test(arguments: [1, 2, 3, 7, 64, 1000])
  func `OutputBuffer: bytes leave in order, however they are taken`(step: Int) {
    var buffer = OutputBuffer()
    var expected: [UInt8] = []
    for size in 0..<200 {
      let bytes = (0..<size % 17).map { UInt8(truncatingIfNeeded: size * 31 + $0) }
      buffer.append(bytes)
      expected += bytes
    }
    #expect(buffer.count == expected.count)
    var taken: [UInt8] = []
    while let front = buffer.front {
      let piece = front.bytes[front.offset...].prefix(step)
      taken += piece
      buffer.drop(piece.count)
    }
    #expect(taken == expected)
    #expect(buffer.count == 0)
  }
}
