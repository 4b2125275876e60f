/// An array that lies, checked, in the bytes of a file.
package struct StoredArray: Sendable {
  /// Outermost axis first; empty for a scalar.
  package let shape: [Int]
  package let type: ElementType
  /// Where its elements are, in bytes from the start of the file.
  package let range: Range<Int>
  private let isColumnMajor: Bool
  private let file: [UInt8]

  /// The range holds exactly the shape's elements.
  init(
    shape: [Int], type: ElementType, isColumnMajor: Bool = false, range: Range<Int>,
    of file: [UInt8]
  ) {
    precondition(type.byteCount(of: shape) == range.count, "\(type) \(shape) in \(range)")
    self.shape = shape
    self.type = type
    self.isColumnMajor = isColumnMajor
    self.range = range
    self.file = file
  }

  /// Number of elements.
  package var count: Int { range.count / type.size }

  /// The elements in C order, each as the nearest float32.
  package func floats() -> [Float] {
    switch type {
    case .float16: inCOrder(float32s(binary16: elements { $0 }))
    case .float32: inCOrder(elements { (bits: UInt32) in Float(bitPattern: bits) })
    case .float64: inCOrder(elements { (bits: UInt64) in Float(Double(bitPattern: bits)) })
    case .uint8: inCOrder(elements { (value: UInt8) in Float(value) })
    case .uint16: inCOrder(elements { (value: UInt16) in Float(value) })
    case .uint32: inCOrder(elements { (value: UInt32) in Float(value) })
    case .int32: inCOrder(elements { (value: Int32) in Float(value) })
    case .int64: inCOrder(elements { (value: Int64) in Float(value) })
    }
  }

  /// The elements of an array of integers, in C order; one that exceeds 32 bits is an error.
  package func int32s() throws(ArrayFileError) -> [Int32] {
    switch type {
    case .uint8: inCOrder(elements { (value: UInt8) in Int32(value) })
    case .uint16: inCOrder(elements { (value: UInt16) in Int32(value) })
    case .int32: inCOrder(elements { $0 })
    case .uint32: try narrowed(inCOrder(elements { (value: UInt32) in value }))
    case .int64: try narrowed(inCOrder(elements { (value: Int64) in value }))
    case .float16, .float32, .float64: throw .notIntegers(type)
    }
  }

  private func narrowed(_ values: [some BinaryInteger]) throws(ArrayFileError) -> [Int32] {
    if let place = values.firstIndex(where: { Int32(exactly: $0) == nil }) {
      throw .exceedsInt32(place: place)
    }
    return values.map { Int32(truncatingIfNeeded: $0) }
  }
}

extension StoredArray {
  /// What `value` makes of each element, in the file's order.
  private func elements<Element: FixedWidthInteger, Value>(
    _ value: (Element) -> Value
  ) -> [Value] {
    let size = MemoryLayout<Element>.size
    return (0..<count).map { index in
      let end = range.lowerBound + (index + 1) * size
      var bits: UInt64 = 0
      for place in 1...size { bits = bits << 8 | UInt64(file[end - place]) }
      return value(Element(truncatingIfNeeded: bits))
    }
  }

  /// Values in the file's order, brought into C order.
  private func inCOrder<Value>(_ values: [Value]) -> [Value] {
    guard isColumnMajor, shape.count > 1, !values.isEmpty else { return values }
    var strides: [Int] = []
    var step = 1
    for length in shape {
      strides.append(step)
      step *= length
    }
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    var ordered: [Value] = []
    ordered.reserveCapacity(values.count)
    while true {
      ordered.append(values[place])
      // Counts the index up, its last axis fastest, and follows with the place.
      var axis = shape.count - 1
      while axis >= 0, index[axis] + 1 == shape[axis] {
        place -= index[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
      guard axis >= 0 else { return ordered }
      index[axis] += 1
      place += strides[axis]
    }
  }
}
