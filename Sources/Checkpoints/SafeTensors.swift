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

/// A safetensors file: named tensors, found and checked before any is read.
///
/// Opening refuses whatever breaks a rule of the format, among them overlaps, holes, and bytes
/// that belong to no tensor. Source: huggingface/safetensors, "Format".
package struct SafeTensors: Sendable {
  /// Longest header that the format allows, in bytes.
  package static let headerLimit = 100_000_000

  package let metadata: [String: String]
  package let tensors: [String: TensorEntry]
  private let file: MappedFile

  package init(path: String) throws(CheckpointError) {
    file = try MappedFile(path: path)
    let lengthBytes = 8
    guard file.count >= lengthBytes else {
      throw .truncated(bytes: file.count, needed: UInt64(lengthBytes))
    }
    let length = UInt64(littleEndian: file.elements(of: UInt64.self, in: 0..<lengthBytes)[0])
    guard length <= UInt64(SafeTensors.headerLimit) else {
      throw .headerTooLong(bytes: length, limit: SafeTensors.headerLimit)
    }
    let dataStart = lengthBytes + Int(length)
    guard dataStart <= file.count else {
      throw .truncated(bytes: file.count, needed: UInt64(dataStart))
    }
    let header = try HeaderParser(file.elements(of: UInt8.self, in: lengthBytes..<dataStart))
    metadata = header.metadata
    var tensors: [String: TensorEntry] = [:]
    for (name, entry) in header.entries {
      tensors[name] = try TensorEntry(
        entry, name: name, dataStart: dataStart, available: file.count - dataStart)
    }
    try SafeTensors.checkTiling(tensors, of: dataStart..<file.count)
    self.tensors = tensors
  }

  /// Demands that the tensors, in the order of their offsets, fill the data without a gap.
  private static func checkTiling(
    _ tensors: [String: TensorEntry], of data: Range<Int>
  ) throws(CheckpointError) {
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
    _ entry: HeaderParser.Entry, name: String, dataStart: Int, available: Int
  ) throws(CheckpointError) {
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

extension SafeTensors {
  /// A tensor's elements as float32, in C order; float64 is rounded, the others are exact.
  package func floats(_ name: String) throws(CheckpointError) -> [Float] {
    guard let entry = tensors[name] else { throw .missing(tensor: name) }
    switch entry.dataType {
    case .f32:
      return file.elements(of: Float.self, in: entry.range)
    case .f16:
      return file.elements(of: UInt16.self, in: entry.range).map(float32(binary16:))
    case .bf16:
      return file.elements(of: UInt16.self, in: entry.range).map(float32(bfloat16:))
    case .f64:
      return file.elements(of: Double.self, in: entry.range).map { Float($0) }
    case .bool, .u8, .i8, .f4, .f6E2M3, .f6E3M2, .f8E5M2, .f8E4M3, .f8E8M0, .i16, .u16, .i32,
      .u32, .c64, .i64, .u64:
      throw .notConvertible(tensor: name, dataType: entry.dataType)
    }
  }
}
