// Numbers as files have them: the least significant byte first, as in memory on every machine that
// this runs on.

extension [UInt8] {
  /// The bytes of some numbers, none of which has padding.
  package init(littleEndian numbers: [some BitwiseCopyable]) {
    // SAFETY: the bytes are copied while the array is lent.
    self = unsafe numbers.withUnsafeBytes { unsafe Array($0) }
  }

  /// Appends an integer's bytes.
  package mutating func append(littleEndian value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Appends a copy of some bytes.
  package mutating func append(_ bytes: RawSpan) {
    // SAFETY: the span is alive during the call, which copies from it.
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// The integer whose first byte is at `offset`; all of them are inside.
  package func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type, at offset: Int
  ) -> Value {
    var value: Value = 0
    for place in (0..<Value.bitWidth / 8).reversed() {
      value = (value &<< 8) | Value(self[offset + place])
    }
    return value
  }
}

extension Array where Element: BitwiseCopyable {
  /// The numbers that lie in some bytes, at any address; of a type that holds any bits.
  package init(littleEndian bytes: Span<UInt8>) {
    let stride = MemoryLayout<Element>.stride
    precondition(bytes.count % stride == 0, "\(bytes.count) bytes in numbers of \(stride)")
    // SAFETY: the array has room for exactly the span's bytes, which are alive during the call.
    self = unsafe Array(unsafeUninitializedCapacity: bytes.count / stride) { numbers, initialized in
      unsafe bytes.withUnsafeBytes {
        unsafe UnsafeMutableRawBufferPointer(numbers).copyMemory(from: $0)
      }
      initialized = bytes.count / stride
    }
  }
}
