package import Tensors

/// A run of bytes in one of a checkpoint's files.
package struct StoredBytes: Hashable, Sendable {
  /// The file, counted from 0.
  package let part: Int
  package let range: Range<Int>
  /// How many bytes it stands for; fewer are in the file where they are deflated.
  package let count: Int
  package let isDeflated: Bool
}

/// A tensor in a checkpoint: its elements' type, order and place, of which none is read yet.
///
/// Views cost nothing: some rows of a tensor are a stored tensor too.
package struct StoredTensor: Hashable, Sendable {
  package let dataType: DataType
  /// Outermost axis first; empty for a scalar.
  package let shape: [Int]
  /// Elements from one index to the next along each axis.
  package let strides: [Int]
  /// Elements before the first.
  package let offset: Int
  package let storage: StoredBytes

  private init(
    dataType: DataType, shape: [Int], strides: [Int], offset: Int, storage: StoredBytes
  ) {
    self.dataType = dataType
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.storage = storage
  }

  /// Holds every index against the storage.
  init(
    named name: String, dataType: DataType, shape: [Int], strides: [Int], offset: Int,
    in storage: StoredBytes
  ) throws(CheckpointError) {
    self.init(
      dataType: dataType, shape: shape, strides: strides, offset: offset, storage: storage)
    guard dataType.bits >= 8 else { throw .notConvertible(tensor: name, dataType: dataType) }
    let available = storage.count / (dataType.bits / 8)
    let outside = CheckpointError.outsideStorage(tensor: name, available: available)
    guard shape.count == strides.count, offset >= 0 else { throw outside }
    try CheckpointLimit.axes.check(shape.count)
    var (count, last) = (1, offset)
    for (length, stride) in zip(shape, strides) {
      guard length >= 0, stride >= 0 else { throw outside }
      // Of none too: callers multiply the lengths of a shape.
      try CheckpointLimit.elements.check(length)
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      let (reach, reachOverflows) = max(length - 1, 0).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflows) = last.addingReportingOverflow(reach)
      guard !overflows, !reachOverflows, !sumOverflows else { throw outside }
      (count, last) = (product, sum)
    }
    try CheckpointLimit.elements.check(count)
    guard count == 0 || last < available else { throw outside }
  }

  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }

  /// Whether the elements lie in the file in C order, without gaps.
  package var isContiguous: Bool {
    var step = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      guard stride == step else { return false }
      step *= length
    }
    return true
  }

  /// Strides of C order; of a shape that is too large, some that are refused with it.
  static func strides(of shape: [Int]) -> [Int] {
    var strides: [Int] = []
    var step = 1
    for length in shape.reversed() {
      strides.append(step)
      step &*= max(length, 1)
    }
    return strides.reversed()
  }
}

extension StoredTensor {
  /// The same where the files of another checkpoint come before its own.
  func behind(_ parts: Int) -> StoredTensor {
    StoredTensor(
      dataType: dataType, shape: shape, strides: strides, offset: offset,
      storage: StoredBytes(
        part: storage.part + parts, range: storage.range, count: storage.count,
        isDeflated: storage.isDeflated))
  }

  /// Some of the entries along the first axis.
  package func rows(_ range: Range<Int>) -> StoredTensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape.first ?? 0, "\(range) of \(shape)")
    return StoredTensor(
      dataType: dataType, shape: [range.count] + shape.dropFirst(), strides: strides,
      offset: offset + range.lowerBound * strides[0], storage: storage)
  }
}
