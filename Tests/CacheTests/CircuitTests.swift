import Cache
import Testing

@Suite("Circuit") struct CircuitTests {
  @Test
  func `Circuit: who does not answer is asked less and less often, and at once after an answer`() {
    var circuit = Circuit()
    #expect(circuit.mayAsk(at: 0) && circuit.awaySince == nil)
    var (now, pauses): (Double, [Double]) = (100, [])
    for _ in 0..<8 {
      circuit.failed(at: now)
      let begun = now
      while !circuit.mayAsk(at: now) { now += 0.25 }
      pauses.append(now - begun)
    }
    #expect(pauses == [0.5, 1, 2, 4, 8, 8, 8, 8])
    #expect(circuit.awaySince == 100)
    circuit.answered()
    #expect(circuit.mayAsk(at: now) && circuit.awaySince == nil)
  }
}
