extension TensorHeader {
  /// What stands before the tensors of a file, which follow one another in this order.
  ///
  /// Spaces make its length a multiple of 8; a tensor keeps that alignment where all before it do,
  /// so those of wide elements are best put first. Metadata is in the order of its keys, so that
  /// equal files have equal bytes.
  static func bytes(of tensors: [ArrayOutline], metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0)):\(quoted($1))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var end = 0
    for tensor in tensors {
      let begin = end
      end += tensor.byteCount
      let shape = tensor.shape.map { String($0) }.joined(separator: ",")
      members.append(
        quoted(tensor.name) + ":{\"dtype\":\"\(tensor.type.dataType.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}")
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(text.count))
    return bytes + text
  }

  /// A string of JSON.
  ///
  /// Source: RFC 8259 §7.
  private static func quoted(_ text: String) -> String {
    let hexadecimal = Array("0123456789abcdef")
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        quoted += "\\\(scalar)"
      case "\u{0}"..<" ":
        let value = Int(scalar.value)
        quoted += "\\u00\(hexadecimal[value >> 4])\(hexadecimal[value & 15])"
      default:
        quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
