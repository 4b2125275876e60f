import API
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Inference errors", .timeLimit(.minutes(3))) struct InferenceErrorsTests {
  private let image: [UInt8]

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  /// A name, a request and the words that tell what is wrong with it.
  private var bad: [(name: String, request: Inference, words: String)] {
    let element = Inference.element("image", image)
    let text = { (name: String, text: String) in
      Inference.Tensor(name: name, type: "BYTES", shape: [1], data: "[\"\(text)\"]")
    }
    let pixels = { (shape: [Int], type: String, data: String?) in
      Inference(inputs: [.init(name: "pixels", type: type, shape: shape, data: data)])
    }
    var cases: [(String, Inference, String)] = [
      ("no input", Inference(), "0 are there"),
      ("two", Inference(inputs: [element, text("field", "x")]), "2 are there"),
      ("one twice", Inference(inputs: [element, element]), "given twice"),
      ("an unknown input", Inference(inputs: [text("picture", "x")]), #"no input "picture""#),
      ("a file in JSON", Inference(inputs: [text("image", "x")]), "binary_data=True"),
      ("no name of an image", Inference(inputs: [text("image_name", "x")]), "sha256-"),
      ("no id", Inference(inputs: [text("field", "x")]), "64 hexadecimal"),
      ("a negative axis", pixels([-1, 4], "UINT8", "[]"), "whole numbers from 0"),
      ("nine axes", pixels(Array(repeating: 1, count: 9), "UINT8", "[1]"), "up to 8"),
      ("an overflow", pixels([1 << 40, 1 << 40], "UINT8", "[]"), "too many elements"),
      ("an unknown type", pixels([1, 1], "UINT128", "[1]"), "datatype is one of"),
      ("too few elements", pixels([2, 2], "UINT8", "[1, 2, 3]"), "has 3 elements"),
      ("too large a number", pixels([1, 1], "UINT8", "[256]"), "256.0, which is no UINT8"),
      ("a fraction", pixels([1, 1], "UINT8", "[0.5]"), "which is no UINT8"),
      ("halves in JSON", pixels([1, 1], "FP16", "[0.5]"), "no form in JSON"),
      ("texts for numbers", pixels([1], "UINT8", "[\"x\"]"), "are numbers"),
      (
        "surplus bytes",
        Inference(inputs: [
          .init(
            name: "pixels", type: "UINT8", shape: [1, 1], bytes: [1, 2], size: 1)
        ]),
        "1 bytes follow"
      ),
      (
        "too few bytes",
        Inference(inputs: [
          .init(
            name: "pixels", type: "UINT8", shape: [1, 1], bytes: [], size: 1)
        ]),
        "0 bytes are left"
      ),
      (
        "a negative size",
        Inference(inputs: [
          .init(
            name: "pixels", type: "UINT8", shape: [1, 1], bytes: [], size: -1)
        ]),
        "binary_data_size is -1"
      ),
      (
        "another size",
        Inference(inputs: [
          .init(
            name: "pixels", type: "UINT16", shape: [1, 1], bytes: [1])
        ]),
        "not UINT16 of [1, 1]"
      ),
      (
        "an element cut short",
        Inference(inputs: [
          .init(
            name: "image", type: "BYTES", shape: [1], bytes: [9, 0, 0, 0, 1])
        ]),
        "9 bytes long, 1 are there"
      ),
      (
        "no length",
        Inference(inputs: [
          .init(
            name: "image", type: "BYTES", shape: [1], bytes: [9])
        ]),
        "length in 4 bytes"
      ),
      (
        "two files",
        Inference(inputs: [
          .init(
            name: "image", type: "BYTES", shape: [2], bytes: [0, 0, 0, 0])
        ]), "[1] is read"
      ),
      ("an unknown output", .image(image, #"[{"name":"depth"}]"#), #"no output "depth""#),
      ("one named twice", .image(image, #"[{"name":"cls"},{"name":"cls"}]"#), "named twice"),
      (
        "a picture's file in JSON",
        .image(image, #"[{"name":"pca","parameters":{"format":"png"}}]"#), "with binary_data"
      ),
      (
        "an option of none of several",
        .image(image, #"[{"name":"cls","parameters":{"k":3}},{"name":"pca"}]"#), "k and output"
      ),
      ("a header longer than the body", .image(image), "the body has"),
      ("a header that is no number", .image(image), "number of bytes"),
      ("a negative header", .image(image), "number of bytes"),
    ]
    cases[cases.count - 3].1.header = "100000"
    cases[cases.count - 2].1.header = "0x10"
    cases[cases.count - 1].1.header = "-1"
    for (parameter, words) in [
      (#""model":"stub14""#, "model is no parameter"), (#""output":"cls""#, "output is no"),
      (#""timeout":"soon""#, "microseconds"), (#""timeout":-1"#, "microseconds"),
      (#""binary_data_output":3"#, "true or false"),
      (#""sequence_id":7"#, #"no parameter "sequence_id""#),
      (#""stride":"x""#, "stride cannot be"), (#""stride":null"#, "parameters.stride"),
    ] {
      var request = Inference.image(image, #"[{"name":"cls"}]"#)
      request.parameters = parameter
      cases.append((parameter, request, words))
    }
    return cases
  }

  @Test func `Inference errors: each is told in the protocol's form, in words that name it`()
    async throws
  {
    let exchange = StubService()
    let encoded = exchange.countEncodings()
    for (name, request, words) in bad {
      let answer = try await request.send(to: exchange).answer
      let problem = try ProblemDocument(answer, name, type: "application/json")
      #expect(problem.status == 400, "\(name): \(answer.text)")
      #expect(problem.error.contains(words), "\(name): \(problem.error)")
    }
    #expect(encoded.value <= 2)
  }

  @Test func `Inference errors: what is no JSON of the protocol is told with its place`()
    async throws
  {
    let exchange = StubService()
    for (body, words) in [
      ("", "it is no JSON"), ("{", "it is no JSON"), ("[]", "of another type"),
      ("{}", "inputs is missing"), (#"{"inputs":[{}]}"#, "inputs[0].name is missing"),
      (
        #"{"inputs":[{"name":"field","datatype":"BYTES","shape":["x"],"data":[]}]}"#,
        "inputs[0].shape"
      ),
      (#"{"inputs":[{"name":"field","datatype":"BYTES","shape":[1]}]}"#, "neither data nor"),
      (
        #"{"inputs":[{"name":"field","datatype":"BYTES","shape":[1],"data":{}}]}"#, "inputs[0].data"
      ),
      (String(repeating: "[", count: 100_000), "it is no JSON"),
      (
        #"{"x":"# + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
          + #","inputs":[]}"#, "it is no JSON"
      ),
    ] {
      let answer = try await exchange.send(.post, "/v2/models/stub14/infer", Array(body.utf8))
      let problem = try ProblemDocument(answer, body, type: "application/json")
      #expect(problem.kind == "malformed-inference" && problem.status == 400)
      #expect(problem.error.contains(words), "\(body.prefix(80)): \(problem.error)")
    }
  }

  @Test func `Inference errors: too much JSON is refused, asked for and sent`() async throws {
    let exchange = StubService()
    let limit = exchange.stub.services.fields.limits.jsonBytes
    let sent = try await exchange.send(
      .post, "/v2/models/stub14/infer",
      Array(#"{"inputs":["#.utf8) + Array(repeating: 32, count: limit))
    #expect(sent.status == 413)
    #expect(
      try ProblemDocument(sent, "sent", type: "application/json").setting == "json-bytes")
    let large = try Raster.noise(420, 420).png()
    let asked = try await Inference.image(large, #"[{"name":"features"}]"#).send(to: exchange)
    #expect(asked.answer.status == 413, "\(asked.answer.text.prefix(300))")
    #expect(asked.answer.text.contains("ask for it with binary_data"))
  }

  @Test func `Inference errors: another model, a coding that is not read, a token that is missing`()
    async throws
  {
    let exchange = StubService()
    let unknown = try await Inference.image(image).send(to: exchange, model: "none")
    #expect(unknown.answer.status == 404 && !unknown.answer.isAdmitted)
    #expect(unknown.document["error"].text?.contains(#""none""#) == true)
    let coded = try await Inference.image(image).send(
      to: exchange, fields: [.contentEncoding: "gzip"])
    #expect(coded.answer.status == 415)
    var tokens = TokenList()
    _ = try tokens.add("ada", created: Date(timeIntervalSince1970: 1_763_700_000))
    let closed = StubService(policy: AccessPolicy(tokens: tokens))
    let refused = try await Inference.image(image).send(to: closed)
    #expect(refused.answer.status == 401)
    #expect(refused.answer["Content-Type"] == "application/json")
    #expect(try await closed.send(.get, "/v2/health/live").status == 200)
  }
}
