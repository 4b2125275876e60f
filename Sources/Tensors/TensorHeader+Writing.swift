import Files

extension TensorHeader {
  /// What stands before the tensors of a file, which follow one another in this order.
  ///
  /// Spaces make its length a multiple of 8; a tensor keeps that alignment where all before it do,
  /// so those of wide elements are best put first. Metadata is in the order of its keys, so that
  /// equal files have equal bytes.
  static func bytes(of tensors: [ArrayOutline], metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.jsonQuoted):\($1.jsonQuoted)" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var end = 0
    for tensor in tensors {
      let begin = end
      end += tensor.byteCount
      let shape = tensor.shape.map { String($0) }.joined(separator: ",")
      members.append(
        tensor.name.jsonQuoted + ":{\"dtype\":\"\(tensor.type.dataType.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}")
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(text.count))
    return bytes + text
  }
}
