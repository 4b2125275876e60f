import CDriver
import Glibc
package import LinearAlgebra

/// Memory that the server and the process of a card both see, in a file without a name.
///
/// Source: memfd_create(2).
@safe package final class SharedMemory {
  /// Its file, for the process that is to see it too.
  package let descriptor: Int32
  package private(set) var bytes = 0
  private var start: UnsafeMutableRawPointer?

  /// Makes an empty one; `nil` where the system gives none.
  package convenience init?() {
    let descriptor = shared_memory_make()
    guard descriptor >= 0 else { return nil }
    self.init(taking: descriptor)
  }

  /// Sees another's.
  package init(taking descriptor: Int32) { self.descriptor = descriptor }

  deinit {
    forget()
    close(descriptor)
  }

  private func forget() {
    // SAFETY: what was mapped with this size, and lent to nobody beyond a call.
    if let start = unsafe start { unsafe munmap(start, bytes) }
    unsafe start = nil
    bytes = 0
  }

  /// Makes it as large, at least; false where the system does not give the memory.
  package func grow(to wanted: Int) -> Bool {
    guard wanted > bytes else { return true }
    guard ftruncate(descriptor, off_t(wanted)) == 0 else { return false }
    return see(wanted)
  }

  /// Maps as many bytes of it.
  package func see(_ wanted: Int) -> Bool {
    guard wanted != bytes else { return true }
    forget()
    // SAFETY: a new mapping of a file that is as long, at an address of the system's choice.
    let mapped = unsafe mmap(nil, wanted, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard unsafe mapped != MAP_FAILED, let mapped = unsafe mapped else { return false }
    unsafe start = mapped
    bytes = wanted
    return true
  }

  /// Lends some bytes to `body`.
  // SAFETY: they are inside the mapping, which stays for the call.
  func with<Result, Failure>(
    _ range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes, "\(range) of \(bytes)")
    guard let start = unsafe start, !range.isEmpty else {
      return try unsafe body(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }
    return try unsafe body(
      UnsafeMutableRawBufferPointer(start: start + range.lowerBound, count: range.count))
  }

  package func write(_ values: [UInt8], at start: Int) {
    // SAFETY: as many bytes as were lent.
    unsafe with(start..<start + values.count) { unsafe $0.copyBytes(from: values) }
  }

  package func write(_ values: [Float], at start: Int) {
    // SAFETY: as many bytes as were lent, read from the array for the call.
    unsafe with(start..<start + 4 * values.count) { target in
      unsafe values.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }

  package func write(_ values: [Int32], at start: Int) {
    // SAFETY: as in the one above.
    unsafe with(start..<start + 4 * values.count) { target in
      unsafe values.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }

  package func read(_ range: Range<Int>) -> [UInt8] {
    // SAFETY: copied before the call ends.
    unsafe with(range) { unsafe Array($0) }
  }

  /// A copy of float32 values, `[rows, columns]`.
  package func matrix(_ range: Range<Int>, rows: Int, columns: Int) -> Matrix {
    precondition(range.count == 4 * rows * columns, "\(range), \(rows) × \(columns)")
    let matrix = Matrix(rows: rows, columns: columns) { target in
      // SAFETY: both are as long; any four bytes are a float.
      unsafe with(range) { source in
        unsafe target.withUnsafeMutableBytes {
          unsafe $0.copyMemory(from: UnsafeRawBufferPointer(source))
        }
      }
      return true
    }
    return matrix ?? Matrix(rows: rows, columns: columns)
  }
}
