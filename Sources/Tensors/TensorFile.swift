/// A safetensors file in memory.
package struct TensorFile: Sendable {
  package let header: TensorHeader
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) throws(ArrayFileError) {
    header = try TensorHeader(ofFile: bytes.count) { Array(bytes[$0]) }
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
