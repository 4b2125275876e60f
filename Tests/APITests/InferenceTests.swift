import API
import Featurization
import Files
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

/// A request of the Open Inference Protocol, as its clients send it.
struct Inference: Sendable {
  struct Tensor: Sendable {
    let name: String
    let type: String
    let shape: [Int]
    var bytes: [UInt8] = []
    /// The elements in JSON; with them there are no bytes.
    var data: String?
    /// What the JSON says of the bytes, where that is not what they are.
    var size: Int?
  }

  var id: String?
  var parameters = ""
  var inputs: [Tensor] = []
  /// JSON.
  var outputs: String?
  /// What the header says of the JSON's bytes, where that is not what they are.
  var header: String?

  /// A file as an element of BYTES.
  static func element(_ name: String, _ bytes: [UInt8]) -> Tensor {
    Tensor(
      name: name, type: "BYTES", shape: [1], bytes: littleEndian(UInt32(bytes.count)) + bytes)
  }

  static func image(_ bytes: [UInt8], _ outputs: String? = nil) -> Inference {
    Inference(inputs: [element("image", bytes)], outputs: outputs)
  }

  var json: String {
    let tensors = inputs.map { tensor in
      let rest =
        tensor.data.map { #""data":\#($0)"# }
        ?? #""parameters":{"binary_data_size":\#(tensor.size ?? tensor.bytes.count)}"#
      return #"{"name":"\#(tensor.name)","datatype":"\#(tensor.type)","#
        + #""shape":\#(tensor.shape),\#(rest)}"#
    }
    return "{" + (id.map { #""id":"\#($0)","# } ?? "") + #""parameters":{\#(parameters)},"#
      + #""inputs":[\#(tensors.joined(separator: ","))]"#
      + (outputs.map { #","outputs":\#($0)"# } ?? "") + "}"
  }

  var body: [UInt8] { Array(json.utf8) + inputs.flatMap(\.bytes) }

  func send(
    to exchange: StubService, model: String = "stub14", fields: HTTPFields = [:]
  ) async throws -> Outcome {
    var all = JobServer.field(
      "Inference-Header-Content-Length", header ?? "\(json.utf8.count)")
    for field in fields { all.append(field) }
    return try Outcome(
      try await exchange.send(.post, "/v2/models/\(model)/infer", body, fields: all))
  }

  /// An answer with its tensors apart.
  struct Outcome {
    let answer: StubService.Outcome
    let document: Node
    var tensors: [String: [UInt8]] = [:]

    init(_ answer: StubService.Outcome) throws {
      self.answer = answer
      let count = answer["Inference-Header-Content-Length"].flatMap { Int($0) }
      let (json, rest) = (
        answer.body.prefix(count ?? answer.body.count), answer.body.dropFirst(count ?? .max)
      )
      document = Node(value: try? JSONSerialization.jsonObject(with: Data(json)))
      var place = rest.startIndex
      for output in document["outputs"].items {
        guard let size = output["parameters"]["binary_data_size"].number else { continue }
        tensors[output["name"].text ?? ""] = Array(rest[place..<place + size])
        place += size
      }
      #expect(place == rest.endIndex)
    }

    subscript(name: String) -> Node {
      document["outputs"].items.first { $0["name"].text == name } ?? Node(value: nil)
    }
  }
}

extension StubService {
  /// The number of fields that are encoded from now on, not found.
  func countEncodings() -> Box<Int> {
    let count = Box(0)
    stub.listener.value = { event in
      if case .found(.nowhere) = event { count.update { $0 += 1 } }
    }
    return count
  }
}

extension Node {
  var numbers: [Int] { items.compactMap(\.number) }
}

@Suite("Inference", .timeLimit(.minutes(3))) struct InferenceTests {
  private let image: [UInt8]
  private let exchange = StubService()

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  private static let binary = #"[{"name":"features","parameters":{"binary_data":true}}]"#

  @Test func `Inference: the server and its models describe themselves`() async throws {
    let server = Node(try await exchange.send(.get, "/v2"))
    #expect(server["name"].text == "eyepiece")
    #expect(server["extensions"].texts.contains("binary_tensor_data"))
    #expect(Node(try await exchange.send(.get, "/v2/health/live"))["live"].value as? Bool == true)
    let early = try await exchange.send(.get, "/v2/health/ready")
    #expect(early.status == 503 && early["Content-Type"] == "application/json")
    _ = try await exchange.field(image)
    let ready = try await exchange.send(.get, "/v2/health/ready")
    #expect(ready.status == 200 && Node(ready)["ready"].value as? Bool == true)
    let names = Node(try await exchange.send(.get, "/v2/models"))["models"].texts
    #expect(names.contains("stub14"))
    for path in ["/v2/models/stub14", "/v2/models/stub14/versions/1"] {
      let model = Node(try await exchange.send(.get, path))
      #expect(model["versions"].texts == ["1"])
      #expect(model["inputs"].items.contains { $0["name"].text == "image" })
      let features = model["outputs"].items.first { $0["name"].text == "features" }
      #expect(features?["shape"].numbers == [-1, -1, 6])
      #expect(Node(try await exchange.send(.get, "\(path)/ready"))["ready"].value as? Bool == true)
    }
    let index = try await exchange.send(.post, "/v2/repository/index")
    #expect(index.status == 200 && Node(index).items.count == names.count)
    for verb in ["load", "unload"] {
      let refused = try await exchange.send(.post, "/v2/repository/models/stub14/\(verb)")
      #expect(refused.status == 400 && refused.text.contains("models import"))
    }
    for path in ["", "/ready", "/versions/1"] {
      let unknown = try await exchange.send(.get, "/v2/models/none\(path)")
      #expect(unknown.status == 404, "\(unknown.text)")
      #expect(Node(unknown)["error"].text?.contains(#""none""#) == true)
    }
  }

  @Test func `Inference: an image's features are those of its own path, binary and in JSON`()
    async throws
  {
    let direct = try await exchange.post("format=raw&stride=7", image)
    var request = Inference.image(image, Self.binary)
    (request.id, request.parameters) = ("one", #""stride":7"#)
    let found = try await request.send(to: exchange)
    #expect(found.answer.status == 200, "\(found.answer.text)")
    #expect(found.document["id"].text == "one")
    #expect(found.document["model_name"].text == "stub14")
    #expect(found.document["parameters"]["field"].text == direct["Eyepiece-Field"])
    #expect(found["features"]["shape"].numbers == [20, 30, 6])
    #expect(found["features"]["datatype"].text == "FP32")
    #expect(found.tensors["features"] == direct.body)

    request.outputs = #"[{"name":"features"}]"#
    let listed = try await request.send(to: exchange)
    #expect(listed.answer["Inference-Header-Content-Length"] == nil)
    let numbers = try #require(listed["features"]["data"].value as? [NSNumber])
    #expect(bytes(of: numbers.map { $0.floatValue }) == direct.body)

    // Without a list the parameter decides, and the output is the features.
    (request.outputs, request.parameters) = (nil, #""stride":"7","binary_data_output":true"#)
    #expect(try await request.send(to: exchange).tensors["features"] == direct.body)
    // The image alone, and no JSON.
    let raw = try await exchange.send(
      .post, "/v2/models/stub14/infer?stride=7", image,
      fields: JobServer.field("Inference-Header-Content-Length", "0"))
    #expect(try Inference.Outcome(raw).tensors["features"] == direct.body)
  }

  @Test func `Inference: pixels are an image, as binary data, flat or nested`() async throws {
    let ids = (0..<24 * 28).map { UInt8($0 * 7 % 251) }
    let direct = try await exchange.post(
      "output=cls&format=raw", npy("|u1", [24, 28], ids))
    #expect(direct.status == 200)
    let rows = (0..<24).map { Array(ids[$0 * 28..<($0 + 1) * 28]) }
    for (bytes, data) in [(ids, nil), ([], "\(ids)"), ([], "\(rows)")] as [([UInt8], String?)] {
      let request = Inference(
        inputs: [.init(name: "pixels", type: "UINT8", shape: [24, 28], bytes: bytes, data: data)],
        outputs: #"[{"name":"cls","parameters":{"binary_data":true}}]"#)
      let found = try await request.send(to: exchange)
      #expect(found.tensors["cls"] == direct.body, "\(found.answer.text)")
    }
  }

  @Test func `Inference: several outputs are of one field, which is kept`() async throws {
    let names = ["features", "cls", "attention", "pca", "field"]
    let outputs = names.map { #"{"name":"\#($0)","parameters":{"binary_data":true}}"# }
    var request = Inference.image(image, "[\(outputs.joined(separator: ","))]")
    request.parameters = #""quality":"draft","dtype":"float16""#
    let encoded = exchange.countEncodings()
    let found = try await request.send(to: exchange)
    #expect(found.answer.status == 200, "\(found.answer.text)")
    #expect(found.document["outputs"].items.compactMap { $0["name"].text } == names)
    #expect(encoded.value == 1)
    let text = try #require(found.tensors["field"]).dropFirst(4)
    let id = String(decoding: text, as: UTF8.self)
    for (name, query) in [
      ("features", "dtype=float16"), ("cls", "dtype=float16"), ("attention", "dtype=float16"),
    ] {
      let other = try await exchange.send(.get, "/fields/\(id)/\(name)?format=raw&\(query)")
      #expect(found.tensors[name] == other.body, "\(name)")
      #expect(found[name]["datatype"].text == "FP16")
    }
    // With a type components are an array, as on their own path; without one a picture's pixels, and
    // with a format the picture's file.
    #expect(found["pca"]["datatype"].text == "FP16")
    let colours = try await Inference(
      inputs: [Inference.element("field", Array(id.utf8))],
      outputs: #"[{"name":"pca","parameters":{"binary_data":true}}]"#
    ).send(to: exchange)
    #expect(colours["pca"]["datatype"].text == "UINT8")
    #expect(colours["pca"]["shape"].numbers == [20, 30, 3])
    #expect(colours.tensors["pca"]?.count == 1800)
    let later = Inference(
      parameters: #""format":"png""#, inputs: [Inference.element("field", Array(id.utf8))],
      outputs: #"[{"name":"pca","parameters":{"binary_data":true}}]"#)
    let picture = try await exchange.send(.get, "/fields/\(id)/pca")
    let again = try await later.send(to: exchange)
    #expect(again.tensors["pca"].map { Array($0.dropFirst(4)) } == picture.body)
    #expect(again["pca"]["datatype"].text == "BYTES")
  }

  @Test func `Inference: points, weights and labels are posted to the field`() async throws {
    let field = try await exchange.field(image)
    let id = Inference.element("field", Array(field.utf8))
    let points: [Int32] = [1, 2, 29, 19]
    func ask(_ outputs: String, _ more: [Inference.Tensor]) async throws -> Inference.Outcome {
      let list = #"[{"name":"\#(outputs)","parameters":{"binary_data":true}}]"#
      let found = try await Inference(inputs: [id] + more, outputs: list).send(to: exchange)
      #expect(found.answer.status == 200, "\(found.answer.text)")
      return found
    }
    let sampled = try await exchange.send(
      .post, "/fields/\(field)/sample?format=raw", npy(points: [[1, 2], [29, 19]]))
    let here = try await ask(
      "features",
      [
        .init(
          name: "points", type: "INT32", shape: [2, 2],
          bytes: points.flatMap { littleEndian($0) })
      ])
    #expect(here.tensors["features"] == sampled.body)

    let weight = (0..<12).map { Float($0) - 5 }
    let mapped = try await exchange.send(
      .post, "/fields/\(field)/project?output=logits&format=raw", npy(floats: weight, [2, 6]))
    let map = Inference.Tensor(
      name: "weight", type: "FP32", shape: [2, 6], bytes: bytes(of: weight))
    #expect(try await ask("logits", [map]).tensors["logits"] == mapped.body)
    let zero = Inference.Tensor(name: "bias", type: "FP32", shape: [2], data: "[0, 0]")
    #expect(try await ask("logits", [zero, map]).tensors["logits"] == mapped.body)
    let one = Inference.Tensor(name: "bias", type: "FP32", shape: [2], data: "[0, 1.5]")
    #expect(try await ask("logits", [map, one]).tensors["logits"] != mapped.body)

    let ids = (0..<600).map { UInt8($0 % 30 < 6 ? 1 : $0 % 30 > 24 ? 2 : 0) }
    let labels = Inference.Tensor(name: "labels", type: "UINT8", shape: [20, 30], bytes: ids)
    let learnt = try await exchange.send(
      .post, "/fields/\(field)/segmentation?format=raw", npy("|u1", [20, 30], ids))
    #expect(learnt.status == 200)
    #expect(try await ask("labels", [labels]).tensors["labels"] == learnt.body)
    let overlay = try await ask("overlay", [labels])
    #expect(overlay["overlay"]["datatype"].text == "UINT8")
    #expect(overlay["overlay"]["shape"].numbers == [20, 30, 3])
  }

  @Test func `Inference: a kept image is named, and an unknown one is not found`() async throws {
    let name = try await exchange.keep(image)
    let direct = try await exchange.post("output=cls&format=raw", image)
    func ask(_ name: String) async throws -> Inference.Outcome {
      try await Inference(
        inputs: [.init(name: "image_name", type: "BYTES", shape: [1], data: "[\"\(name)\"]")],
        outputs: #"[{"name":"cls","parameters":{"binary_data":true}}]"#
      ).send(to: exchange)
    }
    #expect(try await ask(name).tensors["cls"] == direct.body)
    #expect(try await ask("sha256-\(BadInput.zeros)").answer.status == 404)
  }

  @Test func `Inference: documents are texts, in JSON too`() async throws {
    let found = try await Inference.image(image, #"[{"name":"boxes"}]"#).send(to: exchange)
    #expect(found.answer.status == 200, "\(found.answer.text)")
    #expect(found["boxes"]["datatype"].text == "BYTES")
    #expect(found["boxes"]["data"].texts.first?.hasPrefix("{") == true)
  }

  @Test func `Inference: a timeout ends the wait, and nothing is computed for it`() async throws {
    let gate = Gate()
    let exchange = StubService(StubFeaturizer(gate: gate))
    var request = Inference.image(image, Self.binary)
    request.parameters = #""timeout":1000"#
    let found = try await request.send(to: exchange)
    gate.open()
    #expect(found.answer.status == 503, "\(found.answer.text)")
    #expect(found.document["type"].text == "/problems/timeout")
  }
}
