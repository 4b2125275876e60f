import HTTPServer
import Testing

/// Tests may not borrow what cannot be copied.
private func append(_ bytes: [UInt8], limit: Int, to buffer: inout BodyBuffer) -> Bool {
  buffer.append(bytes, limit: limit)
}

@Suite("Body buffer") struct BodyBufferTests {
  @Test(arguments: [1, 100, 16 * 1024, 100_000])
  func `memory follows what has come, at most doubled, and is given back`(step: Int) {
    let memory = BodyMemory(limit: 1 << 30)
    var buffer = BodyBuffer(in: memory)
    var expected: [UInt8] = []
    while expected.count < 1_000_000 {
      let piece = (0..<step).map { UInt8(truncatingIfNeeded: $0 &+ expected.count) }
      #expect(append(piece, limit: 256 << 20, to: &buffer))
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
    #expect(append([UInt8](repeating: 0, count: 20_000), limit: 20_001, to: &buffer))
    #expect(append([0], limit: 20_001, to: &buffer))
    #expect(memory.inUse == 20_001)
  }

  @Test func `bodies share one memory, and what one lets go another may take`() {
    let memory = BodyMemory(limit: 40_000)
    var first = BodyBuffer(in: memory)
    #expect(append([UInt8](repeating: 1, count: 30_000), limit: 30_000, to: &first))
    var second = BodyBuffer(in: memory)
    #expect(!append([UInt8](repeating: 2, count: 20_000), limit: 20_000, to: &second))
    #expect(memory.inUse == 30_000)
    first.empty()
    #expect(append([UInt8](repeating: 2, count: 20_000), limit: 20_000, to: &second))
    _ = consume second
    #expect(memory.inUse == 0)
  }
}
