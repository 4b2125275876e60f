import Files

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
    // Every type that arrays have here is converted.
    inCOrder(type.dataType.floats(file.span.extracting(range)) ?? [])
  }

  /// The elements of an array of integers, in C order; one that exceeds 32 bits is an error.
  package func int32s() throws(ArrayFileError) -> [Int32] {
    switch type {
    case .uint8: inCOrder(elements(UInt8.self).map { Int32($0) })
    case .uint16: inCOrder(elements(UInt16.self).map { Int32($0) })
    case .int32: inCOrder(elements(Int32.self))
    case .uint32: try narrowed(inCOrder(elements(UInt32.self)))
    case .int64: try narrowed(inCOrder(elements(Int64.self)))
    case .float16, .float32, .float64: throw .notIntegers(type)
    }
  }

  /// The elements in the file's order.
  private func elements<Element: FixedWidthInteger & BitwiseCopyable>(
    _ type: Element.Type
  ) -> [Element] {
    [Element](littleEndian: file.span.extracting(range))
  }

  private func narrowed(_ values: [some BinaryInteger]) throws(ArrayFileError) -> [Int32] {
    if let place = values.firstIndex(where: { Int32(exactly: $0) == nil }) {
      throw .exceedsInt32(place: place)
    }
    return values.map { Int32(truncatingIfNeeded: $0) }
  }
}

extension StoredArray {
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
