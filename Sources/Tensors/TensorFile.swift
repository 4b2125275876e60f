/// A safetensors file in memory.
package struct TensorFile: Sendable {
  package let header: TensorHeader
  private let bytes: [UInt8]

  /// Reads the header, which has `headerLimit` bytes at most.
  package init(
    _ bytes: [UInt8], headerLimit: Int = TensorHeader.largest
  ) throws(ArrayFileError) {
    let range = try TensorHeader.range(bytes, ofFile: bytes.count, limit: headerLimit)
    header = try TensorHeader(Array(bytes[range]), ofFile: bytes.count)
    self.bytes = bytes
  }

  /// A tensor of a type that arrays have here.
  package func array(_ name: String) throws(ArrayFileError) -> StoredArray {
    guard let entry = header.tensors[name] else { throw .missing(tensor: name) }
    guard let type = ElementType.allCases.first(where: { $0.dataType == entry.dataType }) else {
      throw .unknownDataType(tensor: name, name: entry.dataType.rawValue)
    }
    return StoredArray(shape: entry.shape, type: type, range: entry.range, of: bytes)
  }
}
