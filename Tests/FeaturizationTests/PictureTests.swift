import Featurization
import ImageCodecs
import Imaging
import Support
import Testing

/// The image as a model sees it.
@Suite("Picture") struct PictureTests {
  private func picture(_ answer: Answer) async throws -> Raster {
    try decode(try await answer.bytes(), limits: DecodingLimits())
  }

  @Test func `Picture: without a scale it is the image, and nothing is encoded`() async throws {
    let stub = StubFeaturizer()
    let image = Raster.noise(30, 20)
    let answer = try await stub.services.answer(
      image.png(), parse("output=picture&scale=none"))
    #expect(try await picture(answer) == image)
    #expect(stub.gate.arrivals == 0)
    #expect(answer.source?.size == image.size)
  }

  @Test func `Picture: it is cut and scaled as the field is`() async throws {
    let stub = StubFeaturizer()
    let levels = (0..<600).map { UInt8($0 % 200) }
    let image = Raster(size: Size(width: 30, height: 20), channels: 1, samples: .uint8(levels))
    let answer = try await stub.services.answer(
      image.png(), parse("output=picture&scale=50,150&crop=3,2,20,15"))
    let found = try await picture(answer)
    #expect(found.size == Size(width: 20, height: 15) && found.channels == 1)
    guard case .uint8(let samples) = found.samples else { throw CancellationError() }
    for y in 0..<15 {
      for x in 0..<20 {
        let level = Double(levels[(y + 2) * 30 + x + 3])
        let expected = UInt8((min(max((level - 50) / 100, 0), 1) * 255).rounded())
        #expect(samples[y * 20 + x] == expected)
      }
    }
  }

  @Test func `Picture: a stored field gives it, and a region of it`() async throws {
    let stub = StubFeaturizer()
    let image = Raster.noise(30, 20)
    let field = try await KeptField(stub, image, "quality=draft&scale=none")
    let made = stub.gate.arrivals
    let whole = try await picture(field.ask("", among: [.picture]))
    #expect(whole == image)
    let part = try await picture(field.ask("region=4,5,10,8", among: [.picture]))
    #expect(part == image.cropped(5..<13, 4..<14))
    #expect(stub.gate.arrivals == made)
  }

  @Test func `Picture: samples that the file marks as no data are told, and left out when asked`()
    async throws
  {
    var tiff = ForgedTIFF()
    tiff.data = [9, 200, 9, 40] + (0..<8).map { 50 + $0 }
    tiff.tags[42113] = (2, Array("9".utf8).map { UInt32($0) } + [0])
    let stub = StubFeaturizer()
    let plain = try await stub.services.answer(tiff.bytes, parse("output=picture"))
    let told = try #require(plain.source?.notices)
    #expect(told.contains { $0.hasPrefix("2 pixels are 9.0, which the file marks as no data") })
    let asked = try await stub.services.answer(tiff.bytes, parse("output=picture&nodata=9"))
    #expect(asked.source?.missing == 2)
    #expect(asked.source?.notices.contains { $0.contains("marks") } == false)
  }
}
