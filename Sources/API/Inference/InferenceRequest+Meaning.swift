package import Featurization
package import Files
import Tensors

/// What the tensors of a request mean.
extension InferenceRequest {
  /// What is asked about.
  package enum Subject: Sendable {
    case image(ImageSource)
    case field(Digest)
  }

  /// Exactly one of four inputs.
  package var subject: Subject {
    get throws(Problem) {
      let names: [Name] = [.image, .pixels, .imageName, .field]
      let given = names.filter { inputs[$0] != nil }
      guard given.count == 1, let name = given.first, let input = inputs[name] else {
        throw Problem(
          malformedInference:
            "one of the inputs \(names.map(\.rawValue).joined(separator: ", ")) is "
            + "needed, \(given.count) are there")
      }
      switch name {
      case .image:
        guard case .bytes = input.type, input.isBinary else {
          throw Problem(
            malformedInference: "image is the bytes of a file: BYTES [1] as binary data "
              + "(set_data_from_numpy(…, binary_data=True)); pixels takes numbers")
        }
        return .image(.bytes(input.bytes))
      case .pixels: return .image(.bytes(try array(.pixels, input)))
      case .imageName:
        guard let digest = Digest(imageName: try text(.imageName, input)) else {
          throw Problem(malformedInference: "image_name is sha256- and 64 hexadecimal digits")
        }
        return .image(.kept(digest))
      case .field:
        guard let id = Digest(hex: try text(.field, input)) else {
          throw Problem(malformedInference: "field is 64 hexadecimal digits")
        }
        return .field(id)
      case .points, .labels, .weight, .bias:
        preconditionFailure("\(name) is asked about")
      }
    }
  }

  /// What is posted to a field, and the outputs that take it; `nil` where nothing is.
  package var payload: (outputs: [OutputKind], payload: QueryPayload)? {
    get throws(Problem) {
      let given = [Name.points, .labels, .weight].filter { inputs[$0] != nil }
      guard given.count < 2, inputs[.bias] == nil || inputs[.weight] != nil else {
        throw Problem(
          malformedInference: "points, labels and weight exclude each other, and bias goes with "
            + "weight")
      }
      guard let name = given.first, let input = inputs[name] else { return nil }
      guard let bias = inputs[.bias] else {
        let outputs =
          name == .points
          ? OutputKind.ofPoints : name == .labels ? OutputKind.ofClassifiers : OutputKind.ofMaps
        return (outputs, QueryPayload(try array(name, input)))
      }
      return (OutputKind.ofMaps, QueryPayload(try map(weight: input, bias: bias)))
    }
  }

  /// Numbers as NumPy's file of them, which is read as one that was sent.
  private func array(_ name: Name, _ input: Input) throws(Problem) -> [UInt8] {
    guard case .number(let element) = input.type else {
      throw Problem(malformedInference: "\(name.rawValue) is numbers, no BYTES")
    }
    return NPY.header(shape: input.shape, of: element) + input.bytes
  }

  /// A linear map as a file of both its tensors.
  private func map(weight: Input, bias: Input) throws(Problem) -> [UInt8] {
    var outlines: [ArrayOutline] = []
    for (name, input) in [(Name.weight, weight), (.bias, bias)] {
      guard case .number(let element) = input.type else {
        throw Problem(malformedInference: "\(name.rawValue) is numbers, no BYTES")
      }
      outlines.append(ArrayOutline(name: name.rawValue, shape: input.shape, type: element))
    }
    var writer = ArrayWriter(outlines, as: .safetensors)
    var file: [UInt8] = []
    for input in [weight, bias] {
      file += writer.begin()
      writer.pass(input.bytes)
      file += input.bytes
    }
    return file + writer.end()
  }

  private func text(_ name: Name, _ input: Input) throws(Problem) -> String {
    guard case .bytes = input.type, let text = String(validating: input.bytes, as: UTF8.self)
    else { throw Problem(malformedInference: "\(name.rawValue) is a text: BYTES [1]") }
    return text
  }
}
