import Glibc

/// A row-major matrix of float32 that stays at one address, `[rows, columns]`.
///
/// Threads that write to it at the same time write to different rows or columns: each block
/// is handed out once. Large ones are mapped and unmapped directly, so that their
/// memory returns to the system with them.
// SAFETY: writers keep apart as said above; the address and the shape never change.
@safe package final class Matrix: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  let base: UnsafeMutablePointer<Float>
  private let isMapped: Bool

  private static let mappedFrom = 1 << 20

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) × \(columns)")
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    precondition(!overflow && count < Int.max / 8, "a matrix of \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    let bytes = max(count * MemoryLayout<Float>.stride, 64)
    isMapped = bytes >= Matrix.mappedFrom
    // SAFETY: fresh memory of `bytes` bytes, zeroed, aligned to a cache line, freed in `deinit`.
    if isMapped {
      let memory = unsafe mmap(
        nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
        preconditionFailure("no memory for \(bytes) bytes")
      }
      unsafe madvise(memory, bytes, MADV_HUGEPAGE)
      unsafe base = memory.assumingMemoryBound(to: Float.self)
    } else {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      unsafe base = memory.assumingMemoryBound(to: Float.self)
    }
  }

  package convenience init(rows: Int, columns: Int, _ values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values, \(rows) × \(columns)")
    self.init(rows: rows, columns: columns)
    // SAFETY: `base` has room for rows × columns values, checked above.
    unsafe values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe base.update(from: start, count: values.count) }
    }
  }

  /// A matrix whose values' bytes `fill` writes, little-endian, row after row; `nil` where it says
  /// that it did not.
  package convenience init?(
    rows: Int, columns: Int, filledBy fill: (inout MutableRawSpan) -> Bool
  ) {
    self.init(rows: rows, columns: columns)
    // SAFETY: `base` has room for rows × columns values of four bytes, any of which is a float.
    var bytes = unsafe MutableRawSpan(_unsafeStart: base, byteCount: 4 * rows * columns)
    guard fill(&bytes) else { return nil }
  }

  deinit {
    // SAFETY: the memory made in `init`, freed once.
    if isMapped {
      unsafe munmap(base, max(rows * columns * MemoryLayout<Float>.stride, 64))
    } else {
      unsafe UnsafeMutableRawPointer(base).deallocate()
    }
  }

  package var count: Int { rows * columns }

  package subscript(row: Int, column: Int) -> Float {
    get {
      check(row, column)
      return unsafe base[row * columns + column]  // SAFETY: inside, checked.
    }
    set {
      check(row, column)
      unsafe base[row * columns + column] = newValue  // SAFETY: inside, checked.
    }
  }

  /// A copy of all values, row after row.
  package var values: [Float] {
    // SAFETY: `base` holds `count` initialised values.
    unsafe Array(UnsafeBufferPointer(start: base, count: count))
  }

  /// A copy of one row, `[columns]`.
  package func row(_ index: Int) -> [Float] {
    precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
    // SAFETY: the row lies inside, checked above.
    return unsafe Array(UnsafeBufferPointer(start: base + index * columns, count: columns))
  }

  private func check(_ row: Int, _ column: Int) {
    precondition(
      row >= 0 && row < rows && column >= 0 && column < columns,
      "[\(row), \(column)] of [\(rows), \(columns)]")
  }
}
