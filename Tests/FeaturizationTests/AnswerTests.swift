import Featurization
import ImageCodecs
import Imaging
import Rendering
import Support
import Tensors
import Testing

@Suite("Answers") struct AnswerTests {
  /// The expected answer, stated independently of the code under test.
  struct Expectation: Sendable, CustomTestStringConvertible {
    let query: String
    let shape: [Int]
    let mediaType: String
    let fileExtension: String
    /// The type of one element; `nil` for a picture.
    let descriptor: String?

    var testDescription: String { query }
  }

  /// 40×31 pixels: 42×42 padded and 28×28 cropped, so 3×3 and 2×2 patches.
  static let image = Raster.noise(40, 31)

  static let expectations: [Expectation] = {
    var all: [Expectation] = []
    for (fit, pixels, patches) in [("pad", [31, 40], [3, 3]), ("crop", [28, 28], [2, 2])] {
      for (grid, place) in [("pixel", pixels), ("patch", patches)] {
        for (output, channels) in [("features", 6), ("pca", 3), ("attention", 2), ("cls", 0)] {
          if output == "cls", grid == "patch" { continue }
          let base =
            "output=\(output)&fit=\(fit)&quality=draft"
            + (output == "cls" ? "" : "&grid=\(grid)")
          let shape = output == "cls" ? [6] : place + [channels]
          for (dtype, descriptor) in [("float32", "<f4"), ("float16", "<f2")] {
            for (format, type) in [
              ("npy", "application/x-npy"), ("raw", "application/octet-stream"),
              ("npz", "application/x-npz"), ("safetensors", "application/x-safetensors"),
            ] {
              all.append(
                Expectation(
                  query: base + "&format=\(format)&dtype=\(dtype)", shape: shape, mediaType: type,
                  fileExtension: format, descriptor: descriptor))
            }
          }
          guard output == "pca" || output == "attention" else { continue }
          all.append(
            Expectation(
              query: base + "&format=png", shape: place + [3], mediaType: "image/png",
              fileExtension: "png", descriptor: nil))
        }
      }
    }
    return all
  }()

  @Test(arguments: expectations)
  func `Answers: every kind has the shape, the type and the length that it states`(
    expectation: Expectation
  ) async throws {
    let stub = StubFeaturizer(workers: 2)
    let answer = try await stub.services.answer(Self.image.png(), parse(expectation.query))
    #expect(answer.shape == expectation.shape)
    #expect(answer.format.mediaType == expectation.mediaType)
    #expect(answer.format.fileExtension == expectation.fileExtension)
    #expect(answer.model == "stub14")
    #expect(answer.name != answer.field)
    let bytes = try await answer.bytes()
    #expect(bytes.count == answer.body.length)
    guard let descriptor = expectation.descriptor else {
      let picture = try decode(bytes, limits: DecodingLimits())
      #expect([picture.size.height, picture.size.width] == Array(expectation.shape.prefix(2)))
      #expect(picture.channels == 3)
      return
    }
    let count = expectation.shape.reduce(1, *)
    switch expectation.fileExtension {
    case "npy":
      let file = try ArrayFile(bytes)
      #expect(file.shape == expectation.shape)
      #expect(file.descriptor == descriptor)
      #expect(file.values.count == count)
      #expect(file.payload.count == count * (descriptor == "<f4" ? 4 : 2))
    case "raw":
      #expect(bytes.count == count * (descriptor == "<f4" ? 4 : 2))
    default:
      let name = expectation.query.contains("output=features") ? "features" : nil
      let arrays = try arrays(bytes, answer.format)
      let array = try #require(arrays[name ?? arrays.keys.first ?? ""])
      #expect(expectation.query.contains("output=\(name ?? arrays.keys.first ?? "")&"))
      #expect(array.shape == expectation.shape)
      #expect(array.type.descriptor == descriptor)
      // An archive has pixels under a second name as well.
      let isTwin = answer.format == .npz && name != nil && expectation.shape.count == 3
      #expect(arrays.count == (isTwin ? 2 : 1))
      if isTwin { #expect(arrays["a"]?.floats() == array.floats()) }
    }
  }

  @Test(arguments: expectations)
  func `Answers: bytes do not depend on the number of workers`(
    expectation: Expectation
  ) async throws {
    let query = expectation.query.replacing("quality=draft", with: "stride=9&shifts=1&flips=both")
    var all: [[UInt8]] = []
    for workers in 1...3 {
      let stub = StubFeaturizer(workers: workers)
      all.append(try await stub.services.answer(Self.image.png(), parse(query)).bytes())
    }
    #expect(all[0] == all[1] && all[0] == all[2])
    #expect(!all[0].isEmpty)
  }

  @Test(arguments: ["float32", "float16"])
  func `Answers: a TIFF has a page per channel, with or without post-processing`(dtype: String)
    async throws
  {
    let stub = StubFeaturizer()
    for query in [
      "", "normalise=l2", "region=3,2,17,20", "output=pca&components=5", "output=attention",
      "grid=patch&normalise=l2", "output=attention&normalise=l2&region=1,1,5,1",
    ] {
      let options = query + "&dtype=\(dtype)"
      let array = try await ArrayFile(
        stub.services.answer(Self.image.png(), parse(options + "&format=npy")).bytes())
      let answer = try await stub.services.answer(
        Self.image.png(), parse(options + "&format=tiff"))
      #expect(answer.shape == array.shape)
      let bytes = try await answer.bytes()
      // The pages' values are the file's last bytes.
      let values = floats(Array(bytes.suffix(array.payload.count)), array.descriptor)
      let (area, dim) = (array.shape[0] * array.shape[1], array.shape[2])
      let planes = (0..<dim).flatMap { channel in
        (0..<area).map { array.values[$0 * dim + channel] }
      }
      #expect(values == planes, "\(query)")
      guard dtype == "float32" else { continue }
      let limits = DecodingLimits()
      for channel in 0..<dim {
        let page = try decode(bytes, page: channel, limits: limits)
        #expect(page.size == Size(width: array.shape[1], height: array.shape[0]))
        let expected = Array(planes[channel * area..<(channel + 1) * area])
        #expect(page.samples == .float32(expected), "\(query), page \(channel)")
      }
      #expect(throws: CodecError.noSuchPage(dim, pages: dim)) {
        try decode(bytes, page: dim, limits: limits)
      }
    }
  }

  @Test(arguments: ["float32", "float16"])
  func `Answers: raw is the array file without its header`(dtype: String) async throws {
    let stub = StubFeaturizer()
    for output in ["features", "pca", "attention", "cls"] {
      let query = "output=\(output)&dtype=\(dtype)"
      let npy = try await stub.services.answer(
        Self.image.png(), parse(query + "&format=npy"))
      let raw = try await stub.services.answer(
        Self.image.png(), parse(query + "&format=raw"))
      #expect(try await ArrayFile(npy.bytes()).payload == raw.bytes())
      #expect(npy.field == raw.field && npy.name != raw.name)
    }
  }

  @Test func `Answers: float16 is float32 rounded to nearest`() async throws {
    let stub = StubFeaturizer()
    let image = try Self.image.png()
    let whole = try await ArrayFile(
      stub.services.answer(image, parse("dtype=float32")).bytes()
    ).values
    let half = try await ArrayFile(
      stub.services.answer(image, parse("dtype=float16")).bytes()
    ).values
    let largest = zip(whole, half).map { abs($0 - $1) / max(abs($0), 6.2e-5) }.max() ?? .infinity
    #expect(whole.count == 31 * 40 * 6 && half.count == whole.count)
    #expect(largest > 0 && largest <= 1 / 2048)
  }

  @Test func `Answers: each stage is timed under its name`() async throws {
    let stub = StubFeaturizer()
    for (output, last) in [
      ("features", "upsample"), ("pca", "pca"), ("attention", "attention"), ("cls", "cls"),
    ] {
      let answer = try await stub.services.answer(Self.image.png(), parse("output=\(output)"))
      // Patches and the class token are of another field than pixels.
      let isNew = output == "features" || output == "cls"
      #expect(
        answer.timings.map(\.stage) == (isNew ? ["queue", "decode", "encode"] : []) + [last])
      #expect(answer.timings.allSatisfy { $0.duration >= .zero })
    }
  }

  @Test func `Models: a model is loaded once, on first use`() async throws {
    let stub = StubFeaturizer()
    let image = try Self.image.png()
    let request = try parse("quality=draft")
    #expect(stub.loads.value.isEmpty)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { _ = try await stub.services.answer(image, request) }
      }
      try await group.waitForAll()
    }
    #expect(stub.loads.value == ["stub14"])
    _ = try await stub.services.answer(image, parse("model=stub16"))
    #expect(stub.loads.value == ["stub14", "stub16"])
  }
}
