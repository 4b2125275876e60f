import Featurization
import ImageCodecs
import Imaging
import Scheduling
import Support
import Tensors
import Testing

/// Requests about several pages of one stack.
@Suite("Pages", .timeLimit(.minutes(2))) struct PagesTests {
  let stub = StubFeaturizer()
  let stack = ForgedStack(noise: 5, 31, 22).bytes

  /// What a single request says for the levels of an answer.
  private func scale(_ answer: Answer) throws -> String {
    let levels = try #require(answer.source).levels
    return "scale=\(Scale(levels))"
  }

  /// Queries, and the pages that they are of.
  static let queries = [
    "", "dtype=float16", "grid=patch&stride=5", "normalise=l2", "region=3,4,20,9",
    "points=1,1;5,7;30,21", "output=cls", "output=cls&normalise=l2&dtype=float16",
    "stride=7&shifts=1", "resize=40", "crop=2,1,28,20",
  ]

  @Test(arguments: queries, ["all", "1-3", "4-4"])
  func `Pages: each has the bytes and the field of a request for it alone, at the same levels`(
    query: String, pages: String
  ) async throws {
    let answer = try await stub.services.answer(stack, parse("\(query)&page=\(pages)"))
    let whole = try await ArrayFile(answer.bytes())
    let numbers = ["all": 0...4, "1-3": 1...3, "4-4": 4...4][pages] ?? 0...0
    #expect(answer.lastPage == numbers.upperBound)
    #expect(answer.shape == whole.shape && whole.shape[0] == numbers.count)
    let other = StubFeaturizer()
    var payload: [UInt8] = []
    for page in numbers {
      let single = try await other.services.answer(
        stack, parse("\(query)&page=\(page)&\(scale(answer))"))
      let array = try await ArrayFile(single.bytes())
      #expect(array.shape == Array(whole.shape.dropFirst()))
      payload += array.payload
      if page == numbers.lowerBound { #expect(single.field == answer.field) }
    }
    #expect(payload == whole.payload, "\(query)")
  }

  @Test(arguments: ["npy", "npz", "raw", "safetensors"])
  func `Pages: every array format holds the same values`(format: String) async throws {
    let npy = try await ArrayFile(stub.services.answer(stack, parse("page=all")).bytes())
    let answer = try await stub.services.answer(stack, parse("page=all&format=\(format)"))
    let bytes = try await answer.bytes()
    guard format != "raw" else {
      #expect(bytes == npy.payload)
      return
    }
    let found = try arrays(bytes, #require(.init(rawValue: format)))
    #expect(found.count == 1)
    let array = try #require(found.first?.value)
    #expect(array.shape == npy.shape && array.floats() == npy.values)
  }

  @Test func `Pages: the levels are those of all samples of all pages`() async throws {
    let pages = (0..<4).map { page in
      Raster(
        size: Size(width: 20, height: 15), channels: 1,
        samples: .float32((0..<300).map { Float(($0 * 37 + page * 101) % 977) - 200 * Float(page) })
      )
    }
    let samples = pages.flatMap { page -> [Float] in
      if case .float32(let samples) = page.samples { samples } else { [] }
    }
    let tall = Raster(size: Size(width: 20, height: 60), channels: 1, samples: .float32(samples))
    for name in ["percentile", "max", "hrdv2"] {
      let query = "shifts=1&flips=none"
      let one = try await stub.services.answer(
        ForgedStack([tall]).bytes, parse("\(query)&scale=\(name)"))
      let all = try await stub.services.answer(
        ForgedStack(pages).bytes, parse("\(query)&scale=\(name)&page=all"))
      #expect(one.source?.levels == all.source?.levels, "\(name)")
      #expect(one.source?.outside == all.source?.outside, "\(name)")
      let page = try await stub.services.answer(
        ForgedStack(pages).bytes, parse("\(query)&page=2&\(scale(all))"))
      let (array, alone) = try await (ArrayFile(all.bytes()), ArrayFile(page.bytes()))
      let count = alone.payload.count
      #expect(Array(array.payload[2 * count..<3 * count]) == alone.payload, "\(name)")
    }
  }

  @Test func `Pages: a stack of one level becomes middle grey`() async throws {
    let page = Raster(
      size: Size(width: 28, height: 28), channels: 1,
      samples: .uint16(.init(repeating: 7, count: 784)))
    let stack = ForgedStack([page, page]).bytes
    let answer = try await stub.services.answer(stack, parse("page=all"))
    #expect(try scale(answer) == "scale=7.0..7.0")
    let alone = try await stub.services.answer(ForgedStack([page]).bytes, parse(""))
    let (all, one) = try await (ArrayFile(answer.bytes()), ArrayFile(alone.bytes()))
    #expect(all.payload == one.payload + one.payload)
  }

  @Test func `Pages: missing samples are filled with the median of their page`() async throws {
    let pages = (0..<3).map { page in
      Raster(
        size: Size(width: 28, height: 14), channels: 1,
        samples: .float32((0..<392).map { $0 % 50 == page ? -9999 : Float($0 % 97 + 40 * page) }))
    }
    let stack = ForgedStack(pages).bytes
    let query = "nodata=-9999&quality=draft"
    let answer = try await stub.services.answer(stack, parse("\(query)&page=all"))
    let all = try await ArrayFile(answer.bytes())
    #expect(answer.source?.missing == 24)
    #expect(answer.source?.notices.count == 1, "\(answer.source?.notices ?? [])")
    let single = try await ArrayFile(
      stub.services.answer(stack, parse("\(query)&page=1&\(scale(answer))")).bytes())
    #expect(all.vectors[392..<784] == single.vectors[...])
  }

  @Test func `Pages: a kept field answers for all pages of its image`() async throws {
    let request = try parse("quality=draft&page=2").field
    let made = try await stub.services.keep(.bytes(stack), request)
    let record = try await stub.services.record(of: made.field.id)
    let one = try await stub.services.answer(
      record, KeptField.request("page=all", among: OutputKind.ofImages, of: record.request))
    let other = try await StubFeaturizer().services.answer(stack, parse("quality=draft&page=all"))
    #expect(one.name == other.name && one.field == other.field)
    #expect(try await one.bytes() == other.bytes())
  }
}

@Suite("Conflicts of pages") struct PageConflictsTests {
  private func refusal(_ query: String) -> ParameterError? {
    do { _ = try parse(query) } catch { return error }
    return nil
  }

  @Test func `Pages: outputs and formats of one page alone are refused by name`() {
    for output in ["attention", "foreground"] {
      #expect(refusal("page=all&output=\(output)") == .conflict(.page, .output))
    }
    for query in ["page=all&format=tiff", "page=0-1&components=2&format=tiff"] {
      #expect(refusal(query) == .conflict(.format, .page), "\(query)")
    }
    #expect(refusal("page=all&format=png") == .noFormat(.png, of: .features))
    for option in ["dtype=float16", "normalise=l2", "components=2", "points=1,1"] {
      let parameter = Parameter(rawValue: String(option.prefix { $0 != "=" }))
      let expected = parameter.map { ParameterError.conflict($0, .format) }
      #expect(refusal("page=all&output=pca&format=tiff&\(option)") == expected, "\(option)")
    }
  }

  @Test func `Pages: outputs of a field's own paths are refused too`() throws {
    let field = try parse("").field
    for output in [OutputKind.similarity, .logits, .sample] {
      let point = output == .similarity ? "&x=1&y=1" : ""
      #expect(throws: ParameterError.conflict(.page, .output)) {
        try KeptField.request("page=all\(point)", among: [output], of: field)
      }
    }
  }

  @Test func `Pages: the default format is the first that holds several`() throws {
    #expect(try parse("page=all").format == .npy)
    #expect(try parse("page=all&output=pca").format == .png)
    #expect(try parse("page=all&output=pca&components=5").format == .npy)
  }
}

@Suite("Refusals of pages", .timeLimit(.minutes(2))) struct PageRefusalsTests {
  let stub = StubFeaturizer()

  private func refusal(_ stack: ForgedStack, _ query: String) async -> FeaturizationError? {
    do {
      _ = try await stub.services.answer(stack.bytes, parse(query))
    } catch {
      return error as? FeaturizationError
    }
    return nil
  }

  @Test func `Pages: those beyond the last are refused`() async {
    let stack = ForgedStack(noise: 3, 20, 20)
    #expect(await refusal(stack, "page=1-3") == .image(.noSuchPage(3, pages: 3)))
    #expect(await refusal(stack, "page=5-6") == .image(.noSuchPage(5, pages: 3)))
    #expect(
      await refusal(stack, "page=0-2147483647") == .image(.noSuchPage(.init(Int32.max), pages: 3)))
    #expect(stub.gate.arrivals == 0)
  }

  @Test func `Pages: pages that differ are refused, with both`() async throws {
    let pages = [
      Raster.noise(20, 20, channels: 1), .noise(20, 20, channels: 1, seed: 2),
      .noise(20, 21, channels: 1),
    ]
    let error = await refusal(ForgedStack(pages), "page=all")
    guard case .unlikePages(let one, let other)? = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
    #expect(one.page == 0 && one.size == Size(width: 20, height: 20))
    #expect(other.page == 2 && other.size == Size(width: 20, height: 21))
    #expect(await refusal(ForgedStack(pages), "page=0-1") == nil)
    #expect(await refusal(ForgedStack(pages), "page=all&crop=0,0,15,15") == nil)
    let colours = ForgedStack([.noise(20, 20, channels: 1), .noise(20, 20)])
    guard case .unlikePages? = await refusal(colours, "page=all") else {
      Issue.record("grey and colours together")
      return
    }
  }

  @Test func `Pages: what one page is refused for names it, before any is encoded`() async {
    var samples = (0..<400).map { Float($0) }
    let sound = Raster(size: Size(width: 20, height: 20), channels: 1, samples: .float32(samples))
    samples[17] = .nan
    let bad = Raster(size: Size(width: 20, height: 20), channels: 1, samples: .float32(samples))
    for scale in ["auto", "none", "0,400"] {
      let error = await refusal(ForgedStack([sound, sound, bad]), "page=all&scale=\(scale)")
      #expect(error == .ofPage(2, .notFinite(samples: 1)), "\(scale)")
    }
    #expect(stub.gate.arrivals == 0)
  }

  @Test func `Pages: a picture beyond the limit of pixels is refused, a TIFF of pictures is not`()
    async
  {
    let stack = ForgedStack(noise: 20, 150, 120)
    let error = await refusal(stack, "quality=draft&page=all&output=pca")
    #expect(error == .pictureTooLarge(limit: 1 << 18, pixels: 600 * 600))
    #expect(stub.gate.arrivals == 0)
    #expect(await refusal(stack, "quality=draft&page=all&output=pca&region=0,0,20,20") == nil)
    #expect(await refusal(stack, "quality=draft&page=all&output=pca&format=tiff") == nil)
  }

  @Test func `Pages: components of more than answers may hold are refused`() async throws {
    let stub = StubFeaturizer(
      answers: .init(for: .answers, limits: .init(runners: 10, waiting: 10, heldBytes: 2000)))
    let stack = ForgedStack(noise: 4, 56, 56)
    // 4 pages of 16 patches and 3 components take 768 bytes for each view.
    await #expect(throws: FeaturizationError.pagesTooLarge(limit: 2000, bytes: 3072)) {
      try await stub.services.answer(stack.bytes, parse("quality=draft&page=all&output=pca"))
    }
    _ = try await stub.services.answer(
      stack.bytes, parse("quality=draft&flips=none&page=all&output=pca"))
  }

  @Test func `Pages: places outside the pages are refused`() async {
    let stack = ForgedStack(noise: 2, 20, 20)
    for output in ["features", "pca", "pca&format=npy", "pca&format=tiff", "features&components=2"]
    {
      let error = await refusal(stack, "page=all&output=\(output)&region=10,10,11,1")
      #expect(error == .outside(x: 20, y: 10, of: Size(width: 20, height: 20)), "\(output)")
    }
    #expect(stub.gate.arrivals == 0)
  }
}
