import API
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Bad input") struct BadInputTests {
  @Test func `Bad input: there are many cases, each with a unique name`() {
    #expect(BadInput.all.count >= 60)
    #expect(Set(BadInput.all.map(\.name)).count == BadInput.all.count)
    #expect(!BadInput.picture.isEmpty && !BadInput.oblong.isEmpty)
  }

  @Test(arguments: BadInput.all)
  func `Bad input: each case is refused with its own status and kind`(input: BadInput) async throws
  {
    let outcome = try await StubService().post(input.query, type: input.type, input.body)
    #expect(outcome.status == input.status)
    let problem = try ProblemDocument(outcome, input.name)
    #expect(problem.kind == input.kind)
  }

  @Test func `Bad input: the underlying picture is valid`() async throws {
    let exchange = StubService()
    #expect(try await exchange.post("", BadInput.picture).status == 200)
    #expect(try await exchange.post("rotations=quarter", BadInput.oblong).status == 422)
    let form = Form().with("image", BadInput.picture).with("stride", "4")
    #expect(try await exchange.post("", type: Form.type, form.bytes).status == 200)
    #expect(
      try await exchange.post("", ForgedTIFF(floats: [1, 2, 3, 4], width: 2, height: 2).bytes)
        .status
        == 200)
  }

  @Test func `Forms: the only file is the image, whatever its part is called`() async throws {
    let exchange = StubService()
    let file = { (name: String, form: Form) in
      form.with("\(name)\"; filename=\"\(name) β.png", BadInput.picture)
    }
    let one = file("upload", Form()).with("stride", "4")
    let named = Form().with("image", BadInput.picture).with("stride", "4")
    let answer = try await exchange.post("", type: Form.type, one.bytes)
    #expect(answer.status == 200)
    #expect(answer.body == (try await exchange.post("", type: Form.type, named.bytes).body))
    let two = try await exchange.post("", type: Form.type, file("b", one).bytes)
    #expect([400, 413].contains(two.status))
  }

  @Test(arguments: try fixtureNames())
  func `Bad input: a truncated picture is refused, or complete`(name: String) async throws {
    let exchange = StubService()
    let whole = try fixture(name)
    var refused = 0
    for length in Swift.stride(from: 0, to: whole.count, by: max(1, whole.count / 40)) {
      let outcome = try await exchange.post("quality=draft&flips=none", Array(whole[..<length]))
      if outcome.status == 200 { continue }
      let problem = try ProblemDocument(outcome, "\(name) cut after \(length)")
      #expect([400, 413, 422].contains(problem.status), "\(name) cut after \(length)")
      refused += 1
    }
    // The first page of several is whole long before the file's end.
    #expect(refused > 5)
  }

  @Test(arguments: 0..<40)
  func `Bad input: random bytes anywhere in a request never cause a 5xx`(seed: Int) async throws {
    var noise = Noise(seed: UInt64(seed))
    let exchange = StubService()
    let names = try fixtureNames()
    let letters = Array("abcstride=&%+,;?/\\\"'<>{}[]0123456789 äß\u{1F52C}")
    for _ in 0..<25 {
      guard let name = names.randomElement(using: &noise) else { continue }
      var bytes = try fixture(name)
      for _ in 0..<Int.random(in: 0...8, using: &noise) {
        bytes[Int.random(in: bytes.indices, using: &noise)] =
          UInt8.random(in: .min ... .max, using: &noise)
      }
      let query = String(
        (0..<Int.random(in: 0...30, using: &noise)).compactMap { _ in
          letters.randomElement(using: &noise)
        })
      for query in [query, "quality=draft&flips=none", "output=pca&format=npy&quality=draft"] {
        let outcome = try await exchange.post(query, bytes)
        if outcome.status == 200 { continue }
        let problem = try ProblemDocument(outcome, "\(name)?\(query)")
        #expect(problem.status != 500, "\(name)?\(query): \(problem.detail)")
      }
    }
  }
}
