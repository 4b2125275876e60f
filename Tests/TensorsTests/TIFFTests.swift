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

@Suite("TIFF pictures") struct TIFFPicturesTests {
  @Test(arguments: [1 << 32, 0], [1, 3])
  func `pictures are the pages, as libtiff reads them`(bigFrom: Int, samples: Int) throws {
    var random = SeededNumbers(seed: 6)
    let resolution = try #require(TIFFResolution(pixelWidth: 0.2e-6, height: 5e-6))
    for resolution in [nil, resolution] {
      for pages in [1, 2, 5] {
        let shape = [pages, 1 + random.below(9), 1 + random.below(9), samples]
        let values = (0..<shape.reduce(1, *)).map { _ in UInt8(random.below(256)) }
        let head = TIFFHead(pictures: shape, resolution: resolution, bigFrom: bigFrom).bytes
        #expect(head[2] == (bigFrom == 0 ? 43 : 42) && head.count % 8 == 0)
        let file = try ImageFile(head + values, limits: DecodingLimits())
        #expect(file.pages == pages)
        let area = shape[1] * shape[2] * samples
        for page in 0..<pages {
          let picture = try file.decode(page).raster
          #expect(picture.size == Size(width: shape[2], height: shape[1]))
          #expect(picture.channels == samples)
          #expect(picture.samples == .uint8(Array(values[page * area..<(page + 1) * area])))
        }
      }
    }
  }

  /// The value of entry 282 or 283 of a small file's first directory: two numbers of 32 bits.
  private func rational(_ tag: Int, of file: [UInt8], isBig: Bool) -> Double? {
    func number(_ width: Int, at offset: Int) -> Int {
      (0..<width).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
    }
    let directory = isBig ? number(8, at: 8) : number(4, at: 4)
    let first = directory + (isBig ? 8 : 2)
    for entry in stride(from: first, to: file.count - 20, by: isBig ? 20 : 12)
    where number(2, at: entry) == tag {
      #expect(number(2, at: entry + 2) == 5)
      let value = isBig ? entry + 12 : number(4, at: entry + 8)
      return Double(number(4, at: value)) / Double(number(4, at: value + 4))
    }
    return nil
  }

  @Test(arguments: [1 << 32, 0], [1, 3])
  func `the resolution is pixels per micrometre`(bigFrom: Int, samples: Int) throws {
    for (width, height) in [(1e-6, 2.5e-7), (3.17e-9, 0.9e-3), (1e-12, 0.1)] {
      let resolution = try #require(TIFFResolution(pixelWidth: width, height: height))
      let head = TIFFHead(
        pictures: [3, 2, 2, samples], resolution: resolution, bigFrom: bigFrom
      ).bytes
      let across = try #require(rational(282, of: head, isBig: bigFrom == 0))
      let down = try #require(rational(283, of: head, isBig: bigFrom == 0))
      #expect(abs(across * width / 1e-6 - 1) < 1e-8 && abs(down * height / 1e-6 - 1) < 1e-8)
      #expect(String(decoding: head, as: UTF8.self).contains("\nslices=3\nunit=micron\n"))
    }
    for wrong in [0, -1, Double.infinity, .nan, 1e-20, 1e9] {
      #expect(TIFFResolution(pixelWidth: wrong, height: 1e-6) == nil, "\(wrong)")
      #expect(TIFFResolution(pixelWidth: 1e-6, height: wrong) == nil, "\(wrong)")
    }
  }
}
