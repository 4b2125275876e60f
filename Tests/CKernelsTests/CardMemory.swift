import CKernelEmulator
import CKernels
import Support

/// Memory that kernels take for a card's: all bits set, which is no number, until it is written.
///
/// Bytes around it are looked at when it is given up.
@safe final class CardMemory<Value: BitwiseCopyable> {
  private static var margin: Int { 256 }

  let count: Int
  private let block: UnsafeMutableRawBufferPointer

  init(count: Int) {
    self.count = count
    unsafe block = .allocate(
      byteCount: count * MemoryLayout<Value>.stride + 2 * Self.margin, alignment: 1024)
    unsafe block.initializeMemory(as: UInt8.self, repeating: 0xff)
  }

  convenience init(_ values: [Value]) {
    self.init(count: values.count)
    for (index, value) in values.enumerated() { self[index] = value }
  }

  deinit {
    let after = Self.margin + count * MemoryLayout<Value>.stride
    for index in 0..<Self.margin {
      precondition(
        unsafe block[index] == 0xff && block[after + index] == 0xff, "written outside")
    }
    unsafe block.deallocate()
  }

  /// Where it begins, as kernels take it.
  var address: UInt64 {
    unsafe UInt64(UInt(bitPattern: block.baseAddress)) + UInt64(Self.margin)
  }

  subscript(index: Int) -> Value {
    get {
      precondition(index >= 0 && index < count)
      return unsafe block.loadUnaligned(
        fromByteOffset: Self.margin + index * MemoryLayout<Value>.stride, as: Value.self)
    }
    set {
      precondition(index >= 0 && index < count)
      unsafe block.storeBytes(
        of: newValue, toByteOffset: Self.margin + index * MemoryLayout<Value>.stride,
        as: Value.self)
    }
  }

  var values: [Value] { (0..<count).map { self[$0] } }
}

/// Starts a kernel in the emulator with the threads and the memory that it asks for.
func launch<Arguments: BitwiseCopyable>(
  _ name: String, _ grid: (x: Int, y: Int, z: Int), _ arguments: Arguments, seed: UInt64 = 1,
  planting fault: emulator_fault = FAULT_NONE
) -> emulator_outcome {
  guard let kernel = unsafe kernel_named(name)?.pointee else { return EMULATOR_NO_SUCH_KERNEL }
  let (block, shared) = unsafe (kernel.block, kernel.shared)
  precondition(
    unsafe Int(kernel.argument_bytes) == MemoryLayout<Arguments>.size,
    "\(name): \(Arguments.self)")
  emulator_plant(fault)
  defer { emulator_plant(FAULT_NONE) }
  let outcome = unsafe withUnsafeBytes(of: arguments) { bytes in
    unsafe emulator_launch(
      name, UInt32(grid.x), UInt32(grid.y), UInt32(grid.z), block, shared,
      bytes.baseAddress, seed)
  }
  return emulator_outcome(rawValue: UInt32(outcome))
}

/// ‖found − exact‖ / ‖exact‖; infinite for what is no number.
func relativeError(_ found: [Double], _ exact: [Double]) -> Double {
  precondition(found.count == exact.count)
  let squares = zip(found, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  let error = (squares / exact.reduce(0) { $0 + $1 * $1 }).squareRoot()
  return error.isNaN ? .infinity : error
}
