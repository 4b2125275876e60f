import Files

/// A tensor's place in a safetensors file.
package struct TensorEntry: Hashable, Sendable {
  package let dataType: DataType
  /// Outermost axis first; empty for a scalar.
  package let shape: [Int]
  /// Bytes from the start of the file.
  package let range: Range<Int>

  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }
}

/// The header of a safetensors file: named tensors, found and checked before any is read.
///
/// Whatever breaks a rule of the format is refused, among it overlaps, holes, and bytes that belong
/// to no tensor. Source: huggingface/safetensors, "Format".
package struct TensorHeader: Sendable {
  /// Longest header that the format allows, in bytes; readers may allow less.
  package static let largest = 100_000_000

  /// Bytes of the header's length, which stands first.
  package static let lengthBytes = 8

  package let metadata: [String: String]
  package let tensors: [String: TensorEntry]

  /// Where the header lies in a file of `count` bytes that begins with `first`.
  ///
  /// One longer than `limit` is refused, before anything is made of it.
  package static func range(
    _ first: [UInt8], ofFile count: Int, limit: Int
  ) throws(ArrayFileError) -> Range<Int> {
    guard first.count >= lengthBytes else {
      throw .truncated(bytes: count, needed: UInt64(lengthBytes))
    }
    let length = first.integer(UInt64.self, at: 0)
    guard length <= UInt64(limit) else { throw .headerTooLong(bytes: length, limit: limit) }
    let end = lengthBytes + Int(length)
    guard end <= count else { throw .truncated(bytes: count, needed: UInt64(end)) }
    return lengthBytes..<end
  }

  /// Reads the header of a file of `count` bytes, given the bytes in its range.
  package init(_ bytes: [UInt8], ofFile count: Int) throws(ArrayFileError) {
    let dataStart = TensorHeader.lengthBytes + bytes.count
    let header = try TensorHeaderParser(bytes)
    var tensors: [String: TensorEntry] = [:]
    for (name, entry) in header.entries {
      tensors[name] = try TensorEntry(
        entry, name: name, dataStart: dataStart, available: count - dataStart)
    }
    try TensorHeader.checkTiling(tensors, of: dataStart..<count)
    metadata = header.metadata
    self.tensors = tensors
  }

  /// Demands that the tensors, in the order of their offsets, fill the data without a gap.
  private static func checkTiling(
    _ tensors: [String: TensorEntry], of data: Range<Int>
  ) throws(ArrayFileError) {
    // Empty tensors first among those that begin together; the name makes the report repeatable.
    let ordered = tensors.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
        < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
    }
    var end = data.lowerBound
    for (name, entry) in ordered {
      let begin = entry.range.lowerBound
      guard begin >= end else {
        throw .overlap(
          tensor: name, begin: begin - data.lowerBound, previousEnd: end - data.lowerBound)
      }
      guard begin == end else {
        throw .hole(
          tensor: name, begin: begin - data.lowerBound, previousEnd: end - data.lowerBound)
      }
      end = entry.range.upperBound
    }
    guard end == data.upperBound else {
      throw .trailingBytes(tensor: ordered.last?.key, count: data.upperBound - end)
    }
  }
}

extension TensorEntry {
  /// Checks one tensor by itself: type, size, and offsets inside the data.
  fileprivate init(
    _ entry: TensorHeaderParser.Entry, name: String, dataStart: Int, available: Int
  ) throws(ArrayFileError) {
    guard let type = DataType(rawValue: entry.dataType) else {
      throw .unknownDataType(tensor: name, name: entry.dataType)
    }
    guard entry.begin <= entry.end, entry.end <= available else {
      throw .outOfRange(
        tensor: name, begin: entry.begin, end: entry.end, available: available)
    }
    var bits = type.bits
    for length in entry.shape {
      let (product, overflow) = bits.multipliedReportingOverflow(by: length)
      guard !overflow else { throw .shapeTooLarge(tensor: name, shape: entry.shape) }
      bits = product
    }
    guard bits % 8 == 0 else { throw .partialByte(tensor: name, bits: bits) }
    guard entry.end - entry.begin == bits / 8 else {
      throw .wrongByteCount(tensor: name, bytes: entry.end - entry.begin, needed: bits / 8)
    }
    dataType = type
    shape = entry.shape
    range = dataStart + entry.begin..<dataStart + entry.end
  }
}
