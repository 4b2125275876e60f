/// What one element of an array is.
package enum ElementType: String, Sendable, Hashable, Codable, CaseIterable {
  case float32, float16, uint8, int32

  /// Bytes of one element.
  package var size: Int {
    switch self {
    case .float32, .int32: 4
    case .float16: 2
    case .uint8: 1
    }
  }

  /// Its name in NumPy's array protocol, little-endian.
  package var descriptor: String {
    switch self {
    case .float32: "<f4"
    case .float16: "<f2"
    case .uint8: "|u1"
    case .int32: "<i4"
    }
  }
}

/// NumPy's file of one array: a header, then the elements, the last axis fastest.
///
/// Source: NumPy's "NEP 1, a simple file format for NumPy arrays", version 1.0.
package enum NPY {
  /// The header of a C-ordered array; its length is a multiple of 64 bytes.
  ///
  /// An array of rank 1000 still fits into version 1.0's 65535 bytes.
  package static func header(shape: [Int], of type: ElementType) -> [UInt8] {
    precondition(shape.allSatisfy { $0 >= 0 } && shape.count <= 1000, "shape \(shape)")
    let axes =
      shape.count == 1 ? "\(shape[0])," : shape.map { String($0) }.joined(separator: ", ")
    let entries = "{'descr': '\(type.descriptor)', 'fortran_order': False, 'shape': (\(axes)), }"
    // Six bytes of magic, two of version, two of length; the text ends with a newline.
    let unpadded = 10 + entries.utf8.count + 1
    let padding = (64 - unpadded % 64) % 64
    let length = unpadded - 10 + padding
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(length & 255), UInt8(length >> 8)]
    bytes += Array(entries.utf8) + Array(repeating: UInt8(ascii: " "), count: padding)
    return bytes + [UInt8(ascii: "\n")]
  }
}
