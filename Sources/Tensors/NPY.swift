import Files

/// NumPy's file of one array: a header, then the elements.
///
/// Source: NumPy's "NEP 1, a simple file format for NumPy arrays".
package enum NPY {
  package static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Longest header that is read, in bytes: all that version 1.0 can state.
  package static let headerLimit = 65535

  /// Most axes of an array, as in NumPy 2.
  package static let axisLimit = 64

  /// The header of a C-ordered array, version 1.0; its length is a multiple of 64 bytes.
  package static func header(shape: [Int], of type: ElementType) -> [UInt8] {
    precondition(shape.allSatisfy { $0 >= 0 } && shape.count <= axisLimit, "shape \(shape)")
    let axes =
      shape.count == 1 ? "\(shape[0])," : shape.map { String($0) }.joined(separator: ", ")
    let entries = "{'descr': '\(type.descriptor)', 'fortran_order': False, 'shape': (\(axes)), }"
    // Six bytes of magic, two of version, two of length; the text ends with a newline.
    let unpadded = 10 + entries.utf8.count + 1
    let padding = (64 - unpadded % 64) % 64
    var bytes = magic + [1, 0]
    bytes.append(littleEndian: UInt16(unpadded - 10 + padding))
    bytes += Array(entries.utf8) + Array(repeating: UInt8(ascii: " "), count: padding)
    return bytes + [UInt8(ascii: "\n")]
  }
}

extension StoredArray {
  /// The array of an NPY file, versions 1.0 to 3.0; big-endian elements are refused.
  ///
  /// Offsets in errors about the header's text count from its start.
  package init(npy file: [UInt8]) throws(ArrayFileError) {
    let header = try NPYHeader(of: file)
    guard case .number(let name) = header.element,
      let type = ElementType.allCases.first(where: { $0.descriptor == name })
    else { throw .unknownDataType(tensor: nil, name: "\(header.element)") }
    guard let bytes = type.byteCount(of: header.shape) else {
      throw .shapeTooLarge(tensor: nil, shape: header.shape)
    }
    let found = file.count - header.dataStart
    guard found >= bytes else {
      throw .truncated(bytes: file.count, needed: UInt64(header.dataStart) + UInt64(bytes))
    }
    guard found == bytes else { throw .trailingBytes(tensor: nil, count: found - bytes) }
    self.init(
      shape: header.shape, type: type, isColumnMajor: header.isColumnMajor,
      range: header.dataStart..<file.count, of: file)
  }
}
