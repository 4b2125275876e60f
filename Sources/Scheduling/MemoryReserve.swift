import Glibc
import Synchronization

/// The memory that work under way was promised, against what the system gives.
///
/// A program cannot go on from a matrix that the system refuses in the middle of a computation, so
/// the bytes that a job is predicted to hold are tried before it starts: mapped, together with all
/// that others were promised and may not have taken yet, and unmapped again.
package final class MemoryReserve: Sendable {
  private let promised = Mutex(0)
  private let isThere: @Sendable (Int) -> Bool

  /// Beside what is predicted: buffers of OpenBLAS, the allocator's own areas, threads' stacks.
  private static let headroom = 256 << 20

  /// `isThere` says whether the system would give so many bytes.
  package init(isThere: @escaping @Sendable (Int) -> Bool = MemoryReserve.systemGives) {
    self.isThere = isThere
  }

  /// Bytes that are promised at this moment.
  package var bytes: Int { promised.withLock { $0 } }

  /// Memory that was promised, given back when the promise is released.
  package final class Promise: Sendable {
    private let reserve: MemoryReserve
    private let bytes: Mutex<Int>

    fileprivate init(_ reserve: MemoryReserve, _ bytes: Int) {
      self.reserve = reserve
      self.bytes = Mutex(bytes)
    }

    /// Gives memory back, down to so many bytes.
    func shrink(to count: Int) {
      bytes.withLock { bytes in
        guard count < bytes else { return }
        let surplus = bytes - count
        reserve.promised.withLock { $0 -= surplus }
        bytes = count
      }
    }

    deinit {
      let rest = bytes.withLock { $0 }
      reserve.promised.withLock { $0 -= rest }
    }
  }

  /// Throws `JobError.outOfMemory`.
  package func promise(_ bytes: Int) throws(JobError) -> Promise {
    try promised.withLock { promised throws(JobError) in
      let (sum, overflow) = promised.addingReportingOverflow(bytes)
      guard !overflow, isThere(sum) else { throw .outOfMemory(bytes: bytes) }
      promised = sum
    }
    return Promise(self, bytes)
  }

  /// Whether the system gives so many bytes at this moment, and the headroom; none is touched.
  package static func systemGives(_ bytes: Int) -> Bool {
    let (size, overflow) = max(bytes, 0).addingReportingOverflow(headroom)
    guard !overflow else { return false }
    // SAFETY: fresh memory that nobody is told of, unmapped at once.
    let memory = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { return false }
    unsafe munmap(memory, size)
    return true
  }
}
