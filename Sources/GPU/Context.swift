import CDriver

/// A card in use by this process: its context, one stream, and what was allocated.
///
/// Everything is of one thread, and freed with its last reference.
final class Context {
  let driver: Driver
  let card: Card
  let stream: Driver.Handle
  private let device: driver_device

  init(_ driver: Driver, _ card: Card) throws(DriverError) {
    self.driver = driver
    self.card = card
    device = try driver.device(card.index)
    let context = try driver.retainContext(device)
    do throws(DriverError) {
      try driver.use(context)
      stream = try driver.makeStream()
    } catch {
      driver.releaseContext(device)
      throw error
    }
  }

  deinit {
    driver.destroyStream(stream)
    driver.releaseContext(device)
  }

  func allocate(_ bytes: Int) throws(DriverError) -> CardMemory {
    CardMemory(try driver.allocate(bytes), bytes: bytes, in: self)
  }

  func event() throws(DriverError) -> CardMark { CardMark(try driver.makeEvent(), in: self) }

  /// Waits for all work.
  func synchronise() throws(DriverError) { try driver.synchronise(stream) }

  /// Copies bytes to the card and waits until they are there.
  func upload(_ bytes: [UInt8], to address: UInt64) throws(DriverError) {
    guard !bytes.isEmpty else { return }
    // SAFETY: the array stays until the stream has come to the copy.
    try unsafe bytes.withUnsafeBufferPointer { bytes throws(DriverError) in
      try unsafe driver.upload(UnsafeRawBufferPointer(bytes), to: address, in: stream)
      try synchronise()
    }
  }

  /// Copies bytes of the shared memory to the card, some time before the stream is synchronised.
  func upload(
    _ range: Range<Int>, of memory: SharedMemory, to address: UInt64
  ) throws(DriverError) {
    // SAFETY: the shared memory stays for a job, at whose end the stream is synchronised.
    try unsafe memory.with(range) { bytes throws(DriverError) in
      try unsafe driver.upload(UnsafeRawBufferPointer(bytes), to: address, in: stream)
    }
  }

  /// Copies bytes of the card to the shared memory, some time before the stream is synchronised.
  func download(
    _ address: UInt64, to range: Range<Int>, of memory: SharedMemory
  ) throws(DriverError) {
    guard !range.isEmpty else { return }
    // SAFETY: as in the one above.
    try unsafe memory.with(range) { bytes throws(DriverError) in
      try unsafe driver.download(address, to: bytes, in: stream)
    }
  }
}

/// Memory of a card.
final class CardMemory {
  let address: UInt64
  let bytes: Int
  private let context: Context

  fileprivate init(_ address: UInt64, bytes: Int, in context: Context) {
    (self.address, self.bytes, self.context) = (address, bytes, context)
  }

  deinit { context.driver.free(address) }
}

/// A mark in the stream.
final class CardMark {
  private let handle: Driver.Handle
  private let context: Context

  fileprivate init(_ handle: Driver.Handle, in context: Context) {
    (self.handle, self.context) = (handle, context)
  }

  deinit { context.driver.destroyEvent(handle) }

  func record() throws(DriverError) { try context.driver.record(handle, in: context.stream) }

  /// Whether the stream has passed it.
  var isDone: Bool {
    get throws(DriverError) { try context.driver.isDone(handle) }
  }

  /// Seconds of the card since another.
  func seconds(since begin: CardMark) throws(DriverError) -> Double {
    try context.driver.seconds(from: begin.handle, to: handle)
  }
}

/// The kernels of one image, on one card.
final class KernelModule {
  private struct Function {
    let handle: Driver.Handle
    let kernel: Kernel
  }

  private let context: Context
  private let module: Driver.Handle
  private var functions: [String: Function] = [:]

  init(_ image: [UInt8], in context: Context) throws(DriverError) {
    self.context = context
    module = try context.driver.loadModule(image)
  }

  /// Enqueues a launch.
  func run(_ launch: Launch) throws(DriverError) {
    let function = try function(launch.kernel)
    try context.driver.launch(
      function.handle, grid: launch.grid, block: function.kernel.threads,
      shared: function.kernel.sharedBytes, arguments: launch.arguments, in: context.stream)
  }

  private func function(_ name: String) throws(DriverError) -> Function {
    if let known = functions[name] { return known }
    guard let kernel = Kernel(name) else { preconditionFailure("there is no kernel \(name)") }
    let handle = try context.driver.function(name, in: module)
    if kernel.sharedBytes > Kernel.usualSharedBytes {
      try context.driver.allowShared(kernel.sharedBytes, in: handle)
    }
    let function = Function(handle: handle, kernel: kernel)
    functions[name] = function
    return function
  }
}
