package import CDriver

/// The driver's functions, each of which throws what it reports.
///
/// Addresses are numbers here: only kernels read what they lead to.
@safe package struct Driver: Sendable {
  /// A context, module, function, stream or event of the driver.
  @safe struct Handle {
    fileprivate(set) var pointer: driver_handle?
  }

  private let table: driver_table

  /// The functions of a table, all of which are there and stay.
  package init(_ table: driver_table) { self.table = table }

  /// The driver of this machine, if one can be opened; `note` is told of each place that was looked
  /// at.
  static func open(_ library: String?, note: (Discovery.Attempt) -> Void) -> Driver? {
    var table = driver_table()
    return withoutActuallyEscaping(note) { note in
      var notes = Notes(note: note)
      // SAFETY: the context lives as long as the call, which alone uses it; texts are copied.
      let isOpen = unsafe withUnsafeMutablePointer(to: &notes) { notes in
        unsafe driver_open(
          library ?? "", &table,
          { context, place, outcome, detail in
            guard let context = unsafe context, let place = unsafe place else { return }
            unsafe context.assumingMemoryBound(to: Notes.self).pointee.note(
              Discovery.Attempt(
                place: String(cString: place), outcome: Discovery.Outcome(outcome),
                detail: detail.map { unsafe String(cString: $0) } ?? ""))
          }, notes)
      }
      return isOpen ? Driver(table) : nil
    }
  }

  private struct Notes {
    let note: (Discovery.Attempt) -> Void
  }

  /// Throws what a function reported.
  private func check(_ code: driver_result, _ call: String) throws(DriverError) {
    guard code != 0 else { return }
    throw DriverError(call: call, code: Int(code), name: word(for: code))
  }

  private func word(for code: driver_result) -> String {
    // SAFETY: the driver's names are constants.
    var text: UnsafePointer<CChar>?
    guard unsafe table.error_name(code, &text) == 0, let text = unsafe text else {
      return "unknown"
    }
    return unsafe String(cString: text)
  }
}

// SAFETY, for all below: the driver writes what it returns into variables of the types that it
// states, and keeps no pointer to them.
extension Driver {
  func initialise() throws(DriverError) { try check(table.initialise(0), "cuInit") }

  /// 1000 · major + 10 · minor of the newest CUDA that the driver knows.
  func version() throws(DriverError) -> Int {
    var version: Int32 = 0
    try check(unsafe table.version(&version), "cuDriverGetVersion")
    return Int(version)
  }

  func deviceCount() throws(DriverError) -> Int {
    var count: Int32 = 0
    try check(unsafe table.device_count(&count), "cuDeviceGetCount")
    return Int(count)
  }

  /// The driver's number of a card.
  func device(_ index: Int) throws(DriverError) -> driver_device {
    var device: driver_device = 0
    try check(unsafe table.device(&device, Int32(index)), "cuDeviceGet")
    return device
  }

  func name(of device: driver_device) throws(DriverError) -> String {
    try unsafe text("cuDeviceGetName") { unsafe table.device_name($0, $1, device) }
  }

  func address(of device: driver_device) throws(DriverError) -> String {
    try unsafe text("cuDeviceGetPCIBusId") { unsafe table.device_pci($0, $1, device) }
  }

  private func text(
    _ call: String, _ read: (UnsafeMutablePointer<CChar>?, Int32) -> driver_result
  ) throws(DriverError) -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    let code = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
      unsafe read(bytes.baseAddress, Int32(bytes.count - 1))
    }
    try check(code, call)
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func uuid(of device: driver_device) throws(DriverError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16)
    try check(unsafe table.device_uuid(&bytes, device), "cuDeviceGetUuid_v2")
    return bytes
  }

  func memory(of device: driver_device) throws(DriverError) -> Int {
    var bytes = 0
    try check(unsafe table.device_memory(&bytes, device), "cuDeviceTotalMem_v2")
    return bytes
  }

  func attribute(
    _ attribute: Card.Attribute, of device: driver_device
  ) throws(DriverError) -> Int {
    var value: Int32 = 0
    try check(
      unsafe table.device_attribute(&value, attribute.rawValue, device), "cuDeviceGetAttribute")
    return Int(value)
  }
}

// SAFETY, for all below: handles are the driver's own and used only while what they stand for is
// there, which `Context` sees to.
extension Driver {
  func retainContext(_ device: driver_device) throws(DriverError) -> Handle {
    var handle = Handle()
    try check(
      unsafe table.retain_context(&handle.pointer, device), "cuDevicePrimaryCtxRetain")
    return handle
  }

  func releaseContext(_ device: driver_device) { _ = table.release_context(device) }

  /// Makes a context the calling thread's.
  func use(_ context: Handle) throws(DriverError) {
    try check(unsafe table.set_context(context.pointer), "cuCtxSetCurrent")
  }

  func freeMemory() throws(DriverError) -> (free: Int, total: Int) {
    var (free, total) = (0, 0)
    try check(unsafe table.memory(&free, &total), "cuMemGetInfo_v2")
    return (free, total)
  }

  func allocate(_ bytes: Int) throws(DriverError) -> UInt64 {
    var address: driver_address = 0
    try check(unsafe table.allocate(&address, bytes), "cuMemAlloc_v2")
    return address
  }

  func free(_ address: UInt64) { _ = table.free_memory(address) }

  func loadModule(_ image: [UInt8]) throws(DriverError) -> Handle {
    var handle = Handle()
    let code = unsafe image.withUnsafeBytes { bytes in
      unsafe table.load_module(&handle.pointer, bytes.baseAddress)
    }
    try check(code, "cuModuleLoadData")
    return handle
  }

  func function(_ name: String, in module: Handle) throws(DriverError) -> Handle {
    var handle = Handle()
    try check(
      unsafe table.function(&handle.pointer, module.pointer, name), "cuModuleGetFunction")
    return handle
  }

  /// Allows a kernel as much dynamic shared memory.
  func allowShared(_ bytes: Int, in function: Handle) throws(DriverError) {
    try check(
      unsafe table.set_function(function.pointer, Driver.dynamicSharedBytes, Int32(bytes)),
      "cuFuncSetAttribute")
  }

  /// `CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES`.
  private static let dynamicSharedBytes: Int32 = 8

  func makeStream() throws(DriverError) -> Handle {
    var handle = Handle()
    try check(
      unsafe table.create_stream(&handle.pointer, Driver.nonBlocking), "cuStreamCreate")
    return handle
  }

  /// `CU_STREAM_NON_BLOCKING`: it waits for no other stream.
  private static let nonBlocking: UInt32 = 1

  func destroyStream(_ stream: Handle) { _ = unsafe table.destroy_stream(stream.pointer) }

  func synchronise(_ stream: Handle) throws(DriverError) {
    try check(unsafe table.synchronise(stream.pointer), "cuStreamSynchronize")
  }

  func makeEvent() throws(DriverError) -> Handle {
    var handle = Handle()
    try check(unsafe table.create_event(&handle.pointer, 0), "cuEventCreate")
    return handle
  }

  func destroyEvent(_ event: Handle) { _ = unsafe table.destroy_event(event.pointer) }

  func record(_ event: Handle, in stream: Handle) throws(DriverError) {
    try check(unsafe table.record_event(event.pointer, stream.pointer), "cuEventRecord")
  }

  /// Whether all that precedes an event is done.
  func isDone(_ event: Handle) throws(DriverError) -> Bool {
    let code = unsafe table.query_event(event.pointer)
    guard code != Driver.notReady else { return false }
    try check(code, "cuEventQuery")
    return true
  }

  /// `CUDA_ERROR_NOT_READY`.
  private static let notReady: driver_result = 600

  /// Lets later work of a stream wait for an event.
  func wait(for event: Handle, in stream: Handle) throws(DriverError) {
    try check(unsafe table.wait_event(stream.pointer, event.pointer, 0), "cuStreamWaitEvent")
  }

  func seconds(from begin: Handle, to end: Handle) throws(DriverError) -> Double {
    var milliseconds: Float = 0
    try check(
      unsafe table.event_milliseconds(&milliseconds, begin.pointer, end.pointer),
      "cuEventElapsedTime")
    return Double(milliseconds) / 1000
  }

  func fill(
    _ address: UInt64, words: Int, with value: UInt32, in stream: Handle
  ) throws(DriverError) {
    try check(unsafe table.fill(address, value, words, stream.pointer), "cuMemsetD32Async")
  }
}

// SAFETY, for all below: memory of the host is that of a `SharedMemory` or an array, whose bounds
// were checked, and it stays until the stream is synchronised.
extension Driver {
  func upload(
    _ bytes: UnsafeRawBufferPointer, to address: UInt64, in stream: Handle
  ) throws(DriverError) {
    try unsafe check(
      table.upload(address, bytes.baseAddress, bytes.count, stream.pointer),
      "cuMemcpyHtoDAsync_v2")
  }

  func download(
    _ address: UInt64, to bytes: UnsafeMutableRawBufferPointer, in stream: Handle
  ) throws(DriverError) {
    try unsafe check(
      table.download(bytes.baseAddress, address, bytes.count, stream.pointer),
      "cuMemcpyDtoHAsync_v2")
  }

  /// Lets the card read and write memory of the host without a copy in between.
  func pin(_ bytes: UnsafeMutableRawBufferPointer) throws(DriverError) {
    // `CU_MEMHOSTREGISTER_PORTABLE`.
    try unsafe check(table.pin(bytes.baseAddress, bytes.count, 1), "cuMemHostRegister_v2")
  }

  func unpin(_ bytes: UnsafeMutableRawBufferPointer) {
    _ = unsafe table.unpin(bytes.baseAddress)
  }

  /// Enqueues a kernel whose one argument is a struct of these bytes.
  func launch(
    _ function: Handle, grid: Launch.Grid, block: Int, shared: Int, arguments: [UInt8],
    in stream: Handle
  ) throws(DriverError) {
    // The driver copies the argument before it returns. Words, for the structs' alignment.
    var words = [UInt64](littleEndian: arguments)
    let code = unsafe words.withUnsafeMutableBytes { bytes in
      var parameter = bytes.baseAddress
      return unsafe table.launch(
        function.pointer, UInt32(grid.x), UInt32(grid.y), UInt32(grid.z), UInt32(block), 1, 1,
        UInt32(shared), stream.pointer, &parameter, nil)
    }
    try check(code, "cuLaunchKernel")
  }
}

extension [UInt64] {
  /// As many words as bytes fill, the last one with zeros behind them.
  fileprivate init(littleEndian bytes: [UInt8]) {
    self = stride(from: 0, to: bytes.count, by: 8).map { first in
      bytes[first..<Swift.min(first + 8, bytes.count)].enumerated().reduce(0) {
        $0 | UInt64($1.element) << (8 * UInt64($1.offset))
      }
    }
  }
}
