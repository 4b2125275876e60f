import Glibc
import Synchronization

/// A row-major matrix of float32 in the making, at one address, `[rows, columns]`.
///
/// Its holder may write. What is made for others is handed on `frozen()`, as a `Matrix`.
/// Threads that write to it at the same time write to different rows or columns: each block
/// is handed out once. Large ones are mapped and unmapped directly, so that their
/// memory returns to the system with them.
// SAFETY: writers keep apart as said above; the address and the shape never change.
@safe package final class MutableMatrix: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  /// Where the values lie, for reading alone.
  let address: UnsafePointer<Float>
  private let memory: UnsafeMutablePointer<Float>
  private let isMapped: Bool
  private let isFrozen = Atomic(false)

  private static let mappedFrom = 1 << 20

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) × \(columns)")
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    precondition(!overflow && count < Int.max / 8, "a matrix of \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    let bytes = max(count * MemoryLayout<Float>.stride, 64)
    isMapped = bytes >= MutableMatrix.mappedFrom
    // SAFETY: fresh memory of `bytes` bytes, zeroed, aligned to a cache line, freed in `deinit`.
    if isMapped {
      let fresh = unsafe mmap(
        nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let fresh = unsafe fresh, unsafe fresh != MAP_FAILED else {
        preconditionFailure("no memory for \(bytes) bytes")
      }
      unsafe madvise(fresh, bytes, MADV_HUGEPAGE)
      unsafe memory = fresh.assumingMemoryBound(to: Float.self)
    } else {
      let fresh = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      unsafe fresh.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      unsafe memory = fresh.assumingMemoryBound(to: Float.self)
    }
    unsafe address = UnsafePointer(memory)
  }

  package convenience init(rows: Int, columns: Int, _ values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values, \(rows) × \(columns)")
    self.init(rows: rows, columns: columns)
    // SAFETY: there is room for rows × columns values, checked above.
    unsafe values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe memory.update(from: start, count: values.count) }
    }
  }

  deinit {
    // SAFETY: the memory made in `init`, freed once.
    if isMapped {
      unsafe munmap(memory, max(rows * columns * MemoryLayout<Float>.stride, 64))
    } else {
      unsafe UnsafeMutableRawPointer(memory).deallocate()
    }
  }

  package var count: Int { rows * columns }

  /// Where the values lie, for writing; a matrix that was handed on stops the program.
  var base: UnsafeMutablePointer<Float> {
    precondition(!isFrozen.load(ordering: .relaxed), "a write into a matrix that was handed on")
    return unsafe memory
  }

  /// The finished matrix, in the same memory; whatever writes here afterwards, also through a view,
  /// stops the program.
  package func frozen() -> Matrix { Matrix(freezing: self) }

  func freeze() { isFrozen.store(true, ordering: .relaxed) }

  package subscript(row: Int, column: Int) -> Float {
    get {
      check(row, column)
      return unsafe address[row * columns + column]  // SAFETY: inside, checked.
    }
    set {
      check(row, column)
      unsafe base[row * columns + column] = newValue  // SAFETY: inside, checked.
    }
  }

  /// A copy of all values, row after row.
  package var values: [Float] { view.values }

  func check(_ row: Int, _ column: Int) {
    precondition(
      row >= 0 && row < rows && column >= 0 && column < columns,
      "[\(row), \(column)] of [\(rows), \(columns)]")
  }
}
