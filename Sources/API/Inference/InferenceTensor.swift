import Files
import Tensors

/// A tensor as the JSON of a request describes it, its elements there or behind it.
struct InferenceTensor: Decodable {
  let name: String
  private let type: String
  private let shape: [Int]
  /// Bytes behind the JSON; `nil` where the elements are in it.
  private let size: Int?
  private let data: Elements?

  /// Elements in JSON, in a flat list or nested as the shape is.
  private enum Elements {
    case numbers([Double])
    case texts([String])
  }

  private enum CodingKeys: String, CodingKey { case name, datatype, shape, data, parameters }

  /// Parameters of the protocol; others are left alone.
  private struct Parameters: Decodable {
    let size: Int?

    private enum CodingKeys: String, CodingKey { case size = "binary_data_size" }
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    name = try members.decode(String.self, forKey: .name)
    type = try members.decode(String.self, forKey: .datatype)
    shape = try members.decode([Int].self, forKey: .shape)
    size = try members.decodeIfPresent(Parameters.self, forKey: .parameters)?.size
    guard members.contains(.data) else {
      data = nil
      return
    }
    if let flat = try? members.decode([Double].self, forKey: .data) {
      data = .numbers(flat)
    } else if let rows = try? members.decode([[Double]].self, forKey: .data) {
      data = .numbers(rows.flatMap { $0 })
    } else if let planes = try? members.decode([[[Double]]].self, forKey: .data) {
      data = .numbers(planes.flatMap { $0.flatMap { $0 } })
    } else if let pages = try? members.decode([[[[Double]]]].self, forKey: .data) {
      data = .numbers(pages.flatMap { $0.flatMap { $0.flatMap { $0 } } })
    } else {
      data = .texts(try members.decode([String].self, forKey: .data))
    }
  }

  /// The tensor with its elements, of which those behind the JSON are taken.
  func input(takingFrom rest: inout ArraySlice<UInt8>) throws(Problem) -> InferenceRequest.Input {
    guard let type = InferenceType(name: type) else {
      let known = InferenceType.all.map(\.name).joined(separator: ", ")
      throw wrong("datatype is one of \(known)")
    }
    guard shape.count <= InferenceRequest.mostAxes, shape.allSatisfy({ $0 >= 0 }) else {
      throw wrong("shape has up to \(InferenceRequest.mostAxes) whole numbers from 0")
    }
    var count = 1
    for length in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      guard !overflows else { throw wrong("shape \(shape) has too many elements") }
      count = product
    }
    guard let size else {
      guard let data else { throw wrong("it has neither data nor binary_data_size") }
      return InferenceRequest.Input(
        type: type, shape: shape, bytes: try bytes(of: data, count, type), isBinary: false)
    }
    guard data == nil else { throw wrong("it has both data and binary_data_size") }
    guard size >= 0, size <= rest.count else {
      throw wrong("binary_data_size is \(size), \(rest.count) bytes are left in the body")
    }
    let own = rest.prefix(size)
    rest = rest.dropFirst(size)
    return InferenceRequest.Input(
      type: type, shape: shape, bytes: try elements(own, count, type), isBinary: true)
  }

  /// The elements in some bytes, which hold exactly so many.
  private func elements(
    _ bytes: ArraySlice<UInt8>, _ count: Int, _ type: InferenceType
  ) throws(Problem) -> [UInt8] {
    guard case .bytes = type else {
      guard case .number(let element) = type,
        bytes.count.isMultiple(of: element.size), bytes.count / element.size == count
      else {
        throw wrong("binary_data_size is \(bytes.count), which is not \(type.name) of \(shape)")
      }
      return Array(bytes)
    }
    guard count == 1 else { throw wrong("BYTES of shape \(shape); [1] is read") }
    guard bytes.count >= 4 else { throw wrong("BYTES begin with their length in 4 bytes") }
    let length = Int(Array(bytes.prefix(4)).integer(UInt32.self, at: 0))
    guard length == bytes.count - 4 else {
      throw wrong("its element is \(length) bytes long, \(bytes.count - 4) are there")
    }
    return Array(bytes.dropFirst(4))
  }

  private func bytes(
    of data: Elements, _ count: Int, _ type: InferenceType
  ) throws(Problem) -> [UInt8] {
    switch (type, data) {
    case (.bytes, .texts(let texts)):
      guard texts.count == 1, count == 1, let text = texts.first else {
        throw wrong("BYTES of shape \(shape) with \(texts.count) elements; [1] is read")
      }
      return Array(text.utf8)
    case (.number(let element), .numbers(let values)):
      guard values.count == count else {
        throw wrong("data has \(values.count) elements, shape \(shape) has \(count)")
      }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count * element.size)
      for value in values {
        guard let some = element.bytes(of: value) else {
          throw element == .float16
            ? wrong("FP16 has no form in JSON; send it as binary data")
            : wrong("data has \(value), which is no \(type.name)")
        }
        bytes += some
      }
      return bytes
    case (.bytes, .numbers): throw wrong("data of BYTES are texts")
    case (.number, .texts): throw wrong("data of \(type.name) are numbers")
    }
  }

  private func wrong(_ reason: String) -> Problem {
    Problem(malformedInference: "of the input \(name.prefix(40)), \(reason)")
  }
}
