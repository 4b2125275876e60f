import Glibc
import Synchronization

/// Reserves the predicted memory of jobs, as far as the system can provide it.
///
/// A program cannot recover from an allocation that fails in the middle of a computation, so the
/// bytes that a job is predicted to hold are tested before it starts: mapped, together with all
/// that others have reserved and may not have allocated yet, and unmapped again.
package final class MemoryReserve: Sendable {
  private let promised = Mutex(0)
  private let isThere: @Sendable (Int) -> Bool

  /// Bytes beside the predicted ones: buffers of OpenBLAS, the allocator's own areas, threads'
  /// stacks.
  private static let headroom = 256 << 20

  /// Creates a reserve; `isThere` tests whether the system would provide a number of bytes.
  package init(isThere: @escaping @Sendable (Int) -> Bool = MemoryReserve.systemGives) {
    self.isThere = isThere
  }

  /// The bytes reserved at present.
  package var bytes: Int { promised.withLock { $0 } }

  /// Reserved memory, released with the last reference.
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

  /// Reserves bytes; throws `JobError.outOfMemory`.
  package func promise(_ bytes: Int) throws(JobError) -> Promise {
    try promised.withLock { promised throws(JobError) in
      let (sum, overflow) = promised.addingReportingOverflow(bytes)
      guard !overflow, isThere(sum) else { throw .outOfMemory(bytes: bytes) }
      promised = sum
    }
    return Promise(self, bytes)
  }

  /// Whether the system provides some bytes and the headroom at present; none is touched.
  package static func systemGives(_ bytes: Int) -> Bool {
    let (size, overflow) = max(bytes, 0).addingReportingOverflow(headroom)
    guard !overflow else { return false }
    // SAFETY: new memory to which no other code has a pointer, unmapped at once.
    let memory = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { return false }
    unsafe munmap(memory, size)
    return true
  }
}
