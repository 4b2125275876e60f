import HTTPServer
import Testing

@Suite("Body buffer") struct BodyBufferTests {
  @Test(arguments: [1, 100, 16 * 1024, 100_000])
  func `memory follows what has come, at most doubled, and is given back`(step: Int) {
    let memory = BodyMemory(limit: 1 << 30)
    var buffer = BodyBuffer(in: memory)
    var expected: [UInt8] = []
    while expected.count < 1_000_000 {
      let piece = (0..<step).map { UInt8(truncatingIfNeeded: $0 &+ expected.count) }
      let isKept1 = buffer.append(piece, limit: 256 << 20)
      #expect(isKept1)
      expected += piece
      #expect(memory.inUse >= expected.count)
      #expect(memory.inUse <= max(2 * expected.count, BodyBuffer.step))
      if step == 1, expected.count > 50_000 { break }
    }
    let whole = buffer.release()
    #expect(whole == expected)
    #expect(memory.inUse >= expected.count)
    buffer.empty()
    #expect(memory.inUse == 0)
  }

  @Test func `room never passes the body's own limit`() {
    let memory = BodyMemory(limit: 1 << 30)
    var buffer = BodyBuffer(in: memory)
    let isKept2 = buffer.append([UInt8](repeating: 0, count: 20_000), limit: 20_001)
    #expect(isKept2)
    let isKept3 = buffer.append([0], limit: 20_001)
    #expect(isKept3)
    #expect(memory.inUse == 20_001)
  }

  @Test func `bodies share one memory, and what one lets go another may take`() {
    let memory = BodyMemory(limit: 40_000)
    var first = BodyBuffer(in: memory)
    let isKept4 = first.append([UInt8](repeating: 1, count: 30_000), limit: 30_000)
    #expect(isKept4)
    var second = BodyBuffer(in: memory)
    let isKept5 = second.append([UInt8](repeating: 2, count: 20_000), limit: 20_000)
    #expect(!isKept5)
    #expect(memory.inUse == 30_000)
    first.empty()
    let isKept6 = second.append([UInt8](repeating: 2, count: 20_000), limit: 20_000)
    #expect(isKept6)
    _ = consume second
    #expect(memory.inUse == 0)
  }
}
