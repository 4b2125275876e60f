import Tensors
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("TIFF stacks") struct TIFFTests {
  @Test(arguments: [1 << 32, 0])
  func `pages are the channels, as libtiff reads them`(bigFrom: Int) throws {
    var random = SeededNumbers(seed: 5)
    for _ in 0..<20 {
      let shape = [1 + random.below(9), 1 + random.below(9), 1 + random.below(5)]
      let values = random.floats(shape.reduce(1, *))
      let head = TIFFHead(shape: shape, of: .float32, bigFrom: bigFrom).bytes
      #expect(head[2] == (bigFrom == 0 ? 43 : 42) && head.count % 8 == 0)
      let file = head + bytes(of: values)
      let area = shape[0] * shape[1]
      for page in 0..<shape[2] {
        let picture = try decode(file, page: page, limits: DecodingLimits())
        #expect(picture.size == Size(width: shape[1], height: shape[0]))
        #expect(picture.channels == 1)
        #expect(picture.samples == .float32(Array(values[page * area..<(page + 1) * area])))
      }
    }
  }

  @Test func `an array without channels is one page`() {
    #expect(
      TIFFHead(shape: [4, 5], of: .uint8).bytes == TIFFHead(shape: [4, 5, 1], of: .uint8).bytes)
  }
}
