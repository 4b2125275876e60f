import Featurization
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Components of pages", .timeLimit(.minutes(2))) struct PageComponentsTests {
  static let pages = 5
  let stack = ForgedStack(noise: PageComponentsTests.pages, 33, 24).bytes

  private func array(_ stub: StubFeaturizer, _ query: String) async throws -> ArrayFile {
    try await ArrayFile(stub.services.answer(stack, parse(query)).bytes())
  }

  @Test(arguments: ["quality=draft", "stride=5&flips=none", "grid=patch&stride=6", "shifts=2"])
  func `Pages: components are those of the pixels of all pages together`(query: String) async throws
  {
    let stub = StubFeaturizer()
    let vectors = try await array(stub, "\(query)&page=all").vectors
    let expected = PlainComponents(of: vectors)
    for output in ["output=pca&format=npy", "components=3"] {
      let found = try await array(stub, "\(query)&page=all&\(output)")
      #expect(found.shape[0] == Self.pages && found.shape[3] == 3)
      let wanted = vectors.flatMap { expected.scores($0, 3) }
      #expect(difference(found.values, wanted) < 2e-4, "\(output)")
    }
  }

  @Test func `Pages: those of one page alone are the page's own`() async throws {
    let answer = try await StubFeaturizer().services.answer(
      stack, parse("page=2-2&output=pca&format=npy"))
    let one = try await ArrayFile(answer.bytes())
    let levels = try #require(answer.source).levels
    let single = try await array(
      StubFeaturizer(), "page=2&output=pca&format=npy&scale=\(Scale(levels))")
    #expect(one.shape == [1] + single.shape)
    #expect(difference(one.values, single.values) < 1e-5)
  }

  @Test func `Pages: components of another field are taken as for one page`() async throws {
    let stub = StubFeaturizer()
    let made = try await stub.services.keep(.bytes(stack), parse("page=3&quality=draft").field)
    let query = "quality=draft&output=pca&format=npy&components=2&basis=\(made.field.id)"
    let answer = try await stub.services.answer(stack, parse("\(query)&page=all"))
    let all = try await ArrayFile(answer.bytes())
    let scale = try Scale(#require(answer.source).levels)
    for page in 0..<Self.pages {
      let single = try await array(stub, "\(query)&page=\(page)&scale=\(scale)")
      let count = single.payload.count
      #expect(single.payload == Array(all.payload[page * count..<(page + 1) * count]))
    }
  }

  /// Colours of an array's pages, with one range for each component over all of them.
  private func colours(_ array: ArrayFile) -> [[UInt8]] {
    let ranges = (0..<3).map { k in
      let values = array.vectors.map { $0[k] }
      return (low: values.min() ?? 0, high: values.max() ?? 0)
    }
    let area = array.shape[1] * array.shape[2]
    func byte(_ value: Float, _ k: Int) -> UInt8 {
      UInt8((value - ranges[k].low) / (ranges[k].high - ranges[k].low) * 255 + 0.5)
    }
    return (0..<array.shape[0]).map { page in
      let vectors = array.vectors[page * area..<(page + 1) * area]
      return vectors.flatMap { vector in (0..<3).map { byte(vector[$0], $0) } }
    }
  }

  @Test(arguments: ["", "&grid=patch&stride=6", "&region=4,3,20,11"])
  func `Pages: a TIFF has a picture for each, with the same colours for the same values`(
    query: String
  ) async throws {
    let stub = StubFeaturizer()
    let whole = query.replacing("&region=4,3,20,11", with: "")
    let expected = try await colours(array(stub, "page=all&output=pca&format=npy\(whole)"))
    let answer = try await stub.services.answer(
      stack, parse("page=all&output=pca&format=tiff\(query)"))
    let bytes = try await answer.bytes()
    let file = try ImageFile(bytes, limits: DecodingLimits())
    #expect(file.pages == Self.pages && answer.shape == [Self.pages] + answer.shape.dropFirst())
    for page in 0..<Self.pages {
      let picture = try file.decode(page).raster
      #expect([picture.size.height, picture.size.width, 3] == Array(answer.shape.dropFirst()))
      let size = query.hasPrefix("&grid") ? picture.size : Size(width: 33, height: 24)
      var wanted = Raster(size: size, channels: 3, samples: .uint8(expected[page]))
      if query.hasPrefix("&region") { wanted = wanted.cropped(3..<14, 4..<24) }
      #expect(picture == wanted, "\(page)")
    }
  }

  @Test func `Pages: a PNG has the pictures side by side`() async throws {
    let stub = StubFeaturizer()
    let bytes = try await stub.services.answer(
      stack, parse("page=all&output=pca&format=tiff")
    ).bytes()
    let file = try ImageFile(bytes, limits: DecodingLimits())
    let answer = try await stub.services.answer(stack, parse("page=all&output=pca"))
    let sheet = try await decode(answer.bytes(), limits: DecodingLimits())
    // Five pictures of 33×24 as 2×3 are nearest to a square.
    #expect(answer.shape == [72, 66, 3] && sheet.size == Size(width: 66, height: 72))
    for page in 0..<Self.pages {
      let (row, column) = (page / 2, page % 2)
      let part = sheet.cropped(24 * row..<24 * row + 24, 33 * column..<33 * column + 33)
      #expect(try part == file.decode(page).raster, "\(page)")
    }
    let rest = sheet.cropped(48..<72, 33..<66)
    #expect(rest.samples == .uint8([UInt8](repeating: 0, count: 33 * 24 * 3)))
  }

  @Test func `Pages: two passes, and what is cached is not encoded twice`() async throws {
    // One view of three blocks; the second pass begins with the last page, which is cached.
    let query = "stride=14&flips=none&page=all&output=pca"
    for (memory, encoded) in [(1 << 26, Self.pages), (0, 2 * Self.pages)] {
      let stub = StubFeaturizer(memory: memory)
      _ = try await stub.services.answer(stack, parse(query)).bytes()
      #expect(stub.gate.arrivals == 3 * encoded, "\(memory)")
    }
    // What was found for a picture serves all formats and places.
    let stub = StubFeaturizer()
    _ = try await stub.services.answer(stack, parse(query))
    for more in ["&format=tiff", "&format=npy", "&format=npz&dtype=float16", "&region=0,0,5,5"] {
      _ = try await stub.services.answer(stack, parse(query + more)).bytes()
    }
    #expect(stub.gate.arrivals == 3 * Self.pages)
  }

  @Test func `Pages: a field of each is shared with requests for it alone`() async throws {
    let stub = StubFeaturizer()
    let answer = try await stub.services.answer(stack, parse("quality=draft&page=all&output=pca"))
    let arrivals = stub.gate.arrivals
    let scale = try Scale(#require(answer.source).levels)
    for page in 0..<Self.pages {
      _ = try await array(stub, "quality=draft&page=\(page)&scale=\(scale)")
    }
    _ = try await array(stub, "quality=draft&page=all")
    #expect(stub.gate.arrivals == arrivals)
  }
}
