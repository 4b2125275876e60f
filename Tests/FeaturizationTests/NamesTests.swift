import Encoders
import Files
import Featurization
import Foundation
import Imaging
import Scheduling
import Support
import Testing

@Suite("Names of answers") struct NamesTests {
  private func names(
    _ query: String, image: [UInt8], weights: String = "weights", workers: Int = 2
  ) async throws -> (field: String, answer: String) {
    let stub = StubFeaturizer(workers: workers, digest: weights)
    let answer = try await stub.services.answer(image, parse(query))
    return (answer.field.description, answer.name.description)
  }

  @Test func `Names: equal requests have equal names, whatever computes them`() async throws {
    let image = try Raster.noise(30, 30).png()
    let one = try await names("", image: image)
    for (query, workers) in [
      ("", 1), ("", 3), ("quality=standard", 2), ("stride=10&flips=both", 2),
      ("neighbourhood=neumann", 2), ("output=features&dtype=float32&format=npy&page=0", 2),
    ] {
      #expect(try await names(query, image: image, workers: workers) == one, "\(query)")
    }
  }

  @Test
  func `Names: every parameter changes the answer's name, and a field's parameter the field's`()
    async throws
  {
    let page = ForgedTIFF(floats: (0..<784).map { Float($0) }, width: 28, height: 28).bytes
    let fieldOptions = [
      "", "model=stub16", "quality=fine", "stride=3", "shifts=1", "shifts=2", "shifts=1,2",
      "shifts=1&neighbourhood=neumann", "flips=none", "flips=hrdv2", "flips=vertical",
      "flips=horizontal", "rotations=quarter", "upsample=nearest", "alignment=image", "fit=crop",
      "scale=none", "scale=max", "scale=hrdv2", "scale=0,1000", "scale=0,1001", "layer=0",
      "layer=1", "layer=0,1", "layer=1,0", "layer=1,last", "facet=key", "facet=value", "resize=20",
      "resize=28",
    ]
    var fields: Set<String> = []
    var answers: Set<String> = []
    for options in fieldOptions {
      let (field, answer) = try await names(options, image: page)
      fields.insert(field)
      answers.insert(answer)
    }
    #expect(fields.count == fieldOptions.count)
    let field = try await names("", image: page).field
    let answerOptions = [
      "output=pca", "output=attention", "output=pca&format=npy", "output=pca&format=raw",
      "output=attention&format=png", "dtype=float16", "format=raw", "format=raw&dtype=float16",
      "output=pca&format=npy&components=2", "components=2", "components=2&basis=\(field)",
      "components=2&basis=\(field)&normalise=l2", "normalise=l2", "region=0,0,3,3", "points=0,0",
      "points=0,0;3,3", "output=attention&attention=query", "output=attention&attention=key",
      "output=foreground", "format=npz", "format=safetensors", "format=tiff",
    ]
    for options in answerOptions {
      let names = try await names(options, image: page)
      #expect(names.field == field, "\(options)")
      answers.insert(names.answer)
    }
    #expect(answers.count == fieldOptions.count + answerOptions.count)
    #expect(answers.isDisjoint(with: fields))
    // Patches are read from the identity view's field, whatever else is requested.
    let patches = try await names("grid=patch", image: page)
    let alone = try await names("flips=none", image: page)
    #expect(patches.field == alone.field && patches.answer != alone.answer)
  }

  @Test func `Names: one layer is written as ever, and several as a list`() throws {
    let one = EncodeOptions(stride: 7, block: 2)
    let several = EncodeOptions(stride: 7, blocks: [2, 0])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    for (options, text) in [(one, #""block":2"#), (several, #""blocks":[2,0]"#)] {
      let data = try encoder.encode(options)
      #expect(
        String(decoding: data, as: UTF8.self)
          == #"{\#(text),"facet":"token","precision":"float32","stride":7}"#)
      #expect(try JSONDecoder().decode(EncodeOptions.self, from: data) == options)
    }
    for blocks in ["[]", "[1,1]"] {
      let text = #"{"blocks":\#(blocks),"facet":"token","precision":"float32","stride":7}"#
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(EncodeOptions.self, from: Data(text.utf8))
      }
    }
  }

  @Test func `Names: another page, another byte or other weights give other names`() async throws {
    let pages = try fixture("pages.tif")
    let image = try Raster.noise(20, 20).png()
    // One byte more after the picture: the same pixels, another file.
    let all = [
      try await names("", image: pages), try await names("page=1", image: pages),
      try await names("", image: image), try await names("", image: image + [0]),
      try await names("", image: image, weights: "others"),
    ]
    #expect(Set(all.map(\.field)).count == all.count)
    #expect(Set(all.map(\.answer)).count == all.count)
  }

  @Test func `Names: they are known before anything is computed`() async throws {
    let image = try Raster.noise(30, 30).png()
    for query in ["", "output=pca", "dtype=float16&format=raw", "model=stub16&stride=3"] {
      let stub = StubFeaturizer()
      let request = try parse(query)
      let record = try await stub.services.record(of: .bytes(image), request.field)
      let names = (field: record.name.description, answer: record.name(of: request).description)
      #expect(stub.gate.arrivals == 0)
      #expect(stub.services.fields.queue.counts == (waiting: 0, running: 0, heldBytes: 0))
      let (field, answer) = try await self.names(query, image: image)
      #expect(names.field == field && names.answer == answer, "\(query)")
    }
  }

  @Test func `Names: a request that will be refused has none`() async throws {
    let services = StubFeaturizer().services
    let image = try Raster.noise(30, 30).png()
    for (query, bytes) in [
      ("", Array("text".utf8)), ("page=1", image), ("model=missing", image),
      ("model=broken", image), ("shifts=1,2,3&flips=both", image),
    ] {
      await #expect(throws: FeaturizationError.self, "\(query)") {
        try await services.record(of: .bytes(bytes), parse(query).field)
      }
    }
  }
}
