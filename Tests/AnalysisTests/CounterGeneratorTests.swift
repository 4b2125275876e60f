import Analysis
import Testing

@Suite("Counter generator") struct CounterGeneratorTests {
  @Test func `CounterGenerator: the numbers of a seed are those of SplitMix64's finaliser`() {
    let generator = CounterGenerator(seed: 0)
    // Computed once with Python's integers.
    let expected = [
      0.6524484863740322, 0.1663964394676608, 0.5098789996255109, 0.9755716990287092,
    ]
    for (index, value) in expected.enumerated() { #expect(generator[UInt64(index)] == value) }
  }

  @Test func `CounterGenerator: the next number is that of the next index`() {
    var generator = CounterGenerator(seed: 7)
    for index in 0..<100 as Range<UInt64> { #expect(generator.next() == generator[index]) }
    #expect(generator.drawn == 100)
  }
}
