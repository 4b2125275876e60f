import CKernels

/// A kernel as it must be started.
struct Kernel: Sendable, Hashable {
  let threads: Int
  let sharedBytes: Int

  /// What a block may have without being allowed more.
  static let usualSharedBytes = 48 << 10

  /// The kernel of a name; `nil` if there is none.
  init?(_ name: String) {
    // SAFETY: a row of a constant table, or nothing.
    guard let row = unsafe kernel_named(name) else { return nil }
    threads = unsafe Int(row.pointee.block)
    sharedBytes = unsafe Int(row.pointee.shared)
  }
}

extension Launch {
  /// A launch whose argument is a struct of the kernels' header.
  init<Arguments: BitwiseCopyable>(
    _ kernel: String, _ grid: Grid, _ arguments: Arguments, operations: Double = 0
  ) {
    // SAFETY: the structs' members fill them without gaps, and are copied.
    let bytes = unsafe withUnsafeBytes(of: arguments) { unsafe Array($0) }
    self.init(kernel: kernel, grid: grid, arguments: bytes, operations: operations)
  }
}
