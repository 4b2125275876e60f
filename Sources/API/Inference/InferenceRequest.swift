import Featurization
import Files
import Foundation
import Tensors

/// A request of the Open Inference Protocol: JSON, and behind it the tensors that are not in it.
///
/// Source: Open Inference Protocol 2, REST; Triton's "Binary tensor data extension".
package struct InferenceRequest: Sendable {
  /// Most outputs of one request.
  static let mostOutputs = 16
  /// Most axes of a tensor.
  static let mostAxes = 8

  /// The tensors that are read, by name.
  enum Name: String, CaseIterable, Sendable {
    case image, pixels, field, points, labels, weight, bias
    case imageName = "image_name"
  }

  struct Input: Sendable {
    let type: InferenceType
    let shape: [Int]
    /// Numbers in C order, little-endian, or the elements one after the other without their lengths.
    let bytes: [UInt8]
    /// Whether they came behind the JSON.
    let isBinary: Bool
  }

  struct Wanted: Sendable {
    let name: String
    let isBinary: Bool
    /// Its own options.
    let options: [Upload.Option]
  }

  /// The client's name for the request.
  let id: String?
  let options: [Upload.Option]
  /// Microseconds after which the client wants no answer; 0 for any time.
  let timeout: Int
  let inputs: [Name: Input]
  /// Empty where the client names none.
  let outputs: [Wanted]

  /// Whether outputs are binary that do not say so.
  let isBinary: Bool

  /// `header` are the bytes of JSON, where tensors follow; with 0 all of the body is the image.
  package init(_ body: [UInt8], header: Int?, jsonBytes: Int) throws(Problem) {
    guard header != 0 else {
      guard !body.isEmpty else { throw Problem(malformedInference: "there is no image in it") }
      let image = Input(type: .bytes, shape: [1], bytes: body, isBinary: true)
      (id, options, timeout, inputs, outputs) = (nil, [], 0, [.image: image], [])
      isBinary = true
      return
    }
    let count = header ?? body.count
    guard count <= body.count else {
      throw Problem(
        malformedInference: "Inference-Header-Content-Length is \(count), the body has "
          + "\(body.count) bytes")
    }
    guard count <= jsonBytes else {
      throw Problem(
        413, "too-much-json", "The JSON has \(count) bytes", limit: jsonBytes,
        setting: "json-bytes", wayOut: "send tensors as binary data")
    }
    let document = try InferenceRequest.document(body[..<count])
    var rest = body[count...]
    var inputs: [Name: Input] = [:]
    for tensor in document.inputs {
      guard let name = Name(rawValue: tensor.name) else {
        let known = Name.allCases.map(\.rawValue).sorted().joined(separator: ", ")
        throw Problem(
          malformedInference: "there is no input \(Problem.quoted(tensor.name)); there are \(known)"
        )
      }
      guard inputs[name] == nil else {
        throw Problem(malformedInference: "the input \(tensor.name) is given twice")
      }
      inputs[name] = try tensor.input(takingFrom: &rest)
    }
    guard rest.isEmpty else {
      throw Problem(malformedInference: "\(rest.count) bytes follow the last tensor")
    }
    var parameters = (document.parameters ?? [:]).mapValues(\.text)
    isBinary =
      try InferenceRequest.truth(
        parameters.removeValue(forKey: "binary_data_output"), "binary_data_output") ?? false
    let timeout = parameters.removeValue(forKey: "timeout") ?? "0"
    guard let microseconds = Int(digits: timeout) else {
      throw Problem(malformedInference: "timeout is a whole number of microseconds")
    }
    let wanted = document.outputs ?? []
    guard wanted.count <= InferenceRequest.mostOutputs else {
      throw Problem(
        malformedInference: "\(wanted.count) outputs are more than "
          + "\(InferenceRequest.mostOutputs) for one request")
    }
    (id, self.timeout, self.inputs) = (document.id, microseconds, inputs)
    options = InferenceRequest.list(parameters)
    var outputs: [Wanted] = []
    for output in wanted {
      guard !outputs.contains(where: { $0.name == output.name }) else {
        throw Problem(malformedInference: "the output \(output.name) is named twice")
      }
      var parameters = (output.parameters ?? [:]).mapValues(\.text)
      let own = try InferenceRequest.truth(
        parameters.removeValue(forKey: "binary_data"), "binary_data")
      outputs.append(
        Wanted(
          name: output.name, isBinary: own ?? isBinary, options: InferenceRequest.list(parameters)))
    }
    self.outputs = outputs
  }

  /// Bytes of all tensors.
  package var tensorBytes: Int { inputs.values.reduce(0) { $0 + $1.bytes.count } }

  private static func list(_ parameters: [String: String]) -> [Upload.Option] {
    parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func truth(_ text: String?, _ name: String) throws(Problem) -> Bool? {
    guard let text else { return nil }
    guard let truth = Bool(text) else {
      throw Problem(malformedInference: "\(name) is true or false")
    }
    return truth
  }

  private static func document(_ json: ArraySlice<UInt8>) throws(Problem) -> Document {
    do {
      return try JSONDecoder().decode(Document.self, from: Data(json))
    } catch let error as DecodingError {
      throw Problem(malformedInference: error.inWords)
    } catch {
      throw Problem(malformedInference: "it is no JSON")
    }
  }

  /// The JSON; members that are not read are left alone, as the protocol has it.
  private struct Document: Decodable {
    let id: String?
    let parameters: [String: OptionValue]?
    let inputs: [InferenceTensor]
    let outputs: [Output]?

    struct Output: Decodable {
      let name: String
      let parameters: [String: OptionValue]?
    }
  }
}

extension DecodingError {
  /// Where in a document what is missing or wrong.
  fileprivate var inWords: String {
    func place(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        .drop { $0 == "." }.prefix(100).description
    }
    switch self {
    case .keyNotFound(let key, let context):
      let path = place(context.codingPath + [key])
      return "\(path) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(place(context.codingPath)) is of another type than the protocol says"
    case .dataCorrupted(let context):
      let path = place(context.codingPath)
      return path.isEmpty ? "it is no JSON" : "\(path) has no value that is allowed"
    @unknown default: return "it is no JSON"
    }
  }
}

extension Problem {
  /// A 400 of the protocol.
  init(malformedInference reason: String) {
    self.init(
      400, "malformed-inference", "The inference request is malformed",
      "The inference request is malformed: \(reason)")
  }
}
