import Files
import HTTP1
import HTTPTypes
import Tensors

/// The answer to a request of the Open Inference Protocol: JSON, and behind it the tensors that the
/// client wants binary.
struct InferenceAnswer: Sendable {
  private var head: String
  /// Those that follow the JSON, in its order.
  private var binary: [InferenceOutput] = []

  init(model: String, id: String?, parameters: [(name: String, value: String)]) {
    head = "{\"model_name\":\(model.jsonQuoted),\"model_version\":\"\(InferenceModel.version)\""
    if let id { head += ",\"id\":\(id.jsonQuoted)" }
    let list = parameters.map { "\"\($0.name)\":\($0.value.jsonQuoted)" }
    head += ",\"parameters\":{\(list.joined(separator: ","))},\"outputs\":["
  }

  private var isFirst = true

  /// Adds an output behind the JSON.
  mutating func append(_ output: InferenceOutput) {
    add(output, "\"parameters\":{\"binary_data_size\":\(output.byteCount)}")
    binary.append(output)
  }

  /// Adds an output in the JSON; `room` are the bytes that its numbers may take there.
  ///
  /// Returns the bytes that they take at most.
  mutating func append(inJSON output: InferenceOutput, room: Int) async throws -> Int {
    let most = try longest(of: output, room: room)
    let bytes = try await output.bytes()
    switch output.type {
    case .number(let type):
      guard let texts = type.texts(of: bytes) else {
        throw Problem(
          malformedInference: "the output \(output.name) is FP16, which JSON has no form for; ask "
            + "for it with binary_data")
      }
      add(output, "\"data\":[\(texts.joined(separator: ","))]")
    case .bytes:
      guard let text = String(validating: bytes.dropFirst(4), as: UTF8.self) else {
        throw Problem(
          malformedInference: "the output \(output.name) is no text, so that JSON has no form for "
            + "it; ask for it with binary_data")
      }
      add(output, "\"data\":[\(text.jsonQuoted)]")
    }
    return most
  }

  /// Refused before anything of it is made.
  private func longest(of output: InferenceOutput, room: Int) throws(Problem) -> Int {
    let most =
      switch output.type {
      case .number(let type): output.byteCount / type.size * type.longestText
      case .bytes: 2 * output.byteCount
      }
    guard most <= room else {
      throw Problem(
        413, "too-much-json", "The output \(output.name) takes too many bytes as JSON", limit: room,
        setting: "json-bytes", wayOut: "ask for it with binary_data")
    }
    return most
  }

  private mutating func add(_ output: InferenceOutput, _ rest: String) {
    let shape = output.shape.map(String.init).joined(separator: ",")
    head += isFirst ? "" : ","
    head +=
      "{\"name\":\(output.name.jsonQuoted),\"datatype\":\"\(output.type.name)\","
      + "\"shape\":[\(shape)],\(rest)}"
    isFirst = false
  }

  /// The response, whose length is known: tensors are made while they are sent, one after the other.
  var response: Response {
    let json = Array((head + "]}").utf8)
    guard !binary.isEmpty else {
      return Response(
        status: .ok, fields: [.contentType: "application/json"], body: .bytes(json))
    }
    let length = binary.reduce(json.count) { $0 + $1.byteCount }
    return Response(
      status: .ok,
      fields: [
        .contentType: "application/octet-stream", .inferenceHeaderLength: "\(json.count)",
      ],
      body: .stream(length: length) { [binary] writer in
        try await writer.write(json)
        for output in binary { try await output.write { try await writer.write($0) } }
      })
  }
}
