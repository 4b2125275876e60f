import Encoders
import LinearAlgebra
import Synchronization

/// A pool of workers, each with its own memory for the block of rows in progress.
///
/// Blocks and heads after a cancellation are skipped.
struct EncoderWorkers: Sendable {
  /// Rows of one task: 22 tiles of the kernels' 9 rows, or 33 of 6.
  ///
  /// Many, so that weights loaded from memory are used often; few enough that a small model's inner
  /// layer about fills a second-level cache: 198 · 1536 floats are 1.2 MB.
  static let rows = 198

  /// One worker's memory, used only by the worker with its index, in one task at a time.
  struct Scratch: Sendable {
    /// Normed rows, `[rows, dim]`.
    private let normed: MutableMatrix
    /// The inner layer, or a block's pixels, `[rows, inner]`.
    private let inner: MutableMatrix
    /// Scratch memory of a layer's product.
    let product: MutableMatrix
    let attention: SoftmaxAttention

    /// Allocates memory for blocks of a configuration, and for patches of `pixels` values.
    init(_ configuration: BlockConfiguration, pixels: Int = 0, _ precision: Precision) {
      let inner = max(configuration.hidden, pixels)
      normed = MutableMatrix(rows: EncoderWorkers.rows, columns: configuration.dim)
      self.inner = MutableMatrix(rows: EncoderWorkers.rows, columns: inner)
      product = EncoderKernels.current.scratch(
        rows: EncoderWorkers.rows, inputs: max(configuration.dim, inner), precision)
      attention = SoftmaxAttention(dim: configuration.headDim, precision)
    }

    /// A view of `rows` normed rows of a width.
    func normed(_ rows: Int, _ dim: Int) -> MutableMatrixView {
      normed[rows: 0..<rows, columns: 0..<dim]
    }

    /// A view of `rows` rows of an inner layer or of pixels.
    func inner(_ rows: Int, _ width: Int) -> MutableMatrixView {
      inner[rows: 0..<rows, columns: 0..<width]
    }
  }

  let precision: Precision
  let workers: ThreadPool
  let progress: WorkProgress
  /// One per worker.
  let scratch: [Scratch]

  /// Runs `body` for each block of rows, of a size that divides them evenly among the workers.
  func forEachBlock(of rows: Int, _ body: @escaping @Sendable (Range<Int>, Scratch) -> Void) {
    let blocks = Blocks(of: rows, atMost: EncoderWorkers.rows, sharedBy: workers.count)
    workers.forEach(blocks.count) { [progress] index, member in
      if !progress.isCancelled { body(blocks[index], scratch[member]) }
    }
  }

  /// Runs `body` for every index below `count`, with the index of the worker that runs it.
  func forEach(_ count: Int, _ body: @escaping @Sendable (Int, ThreadPool.WorkerIndex) -> Void) {
    workers.forEach(count) { [progress] index, member in
      if !progress.isCancelled { body(index, member) }
    }
  }

  /// Runs `body` for each head and each block of queries.
  func forEachHead(
    _ heads: Int, queries: Int, _ body: @escaping @Sendable (Int, Range<Int>, Scratch) -> Void
  ) {
    let blocks = SoftmaxAttention.queryBlocks(
      of: queries, sharedBy: (workers.count + heads - 1) / heads)
    workers.forEach(heads * blocks.count) { [progress] index, member in
      guard !progress.isCancelled else { return }
      body(index / blocks.count, blocks[index % blocks.count], scratch[member])
    }
  }
}

extension EncoderWorkers {
  /// Creates workers with new memory, for blocks of a configuration and patches of `pixels` values.
  init(
    _ workers: ThreadPool, for configuration: BlockConfiguration, pixels: Int = 0,
    _ precision: Precision,
    _ progress: WorkProgress
  ) {
    self.init(
      precision: precision, workers: workers, progress: progress,
      scratch: (0..<workers.count).map { _ in
        Scratch(configuration, pixels: pixels, precision)
      })
  }
}

/// Results that tasks store by index, each once.
final class Results<Value: Sendable>: Sendable {
  private let slots: Mutex<[Value?]>

  init(count: Int) {
    slots = Mutex(Array(repeating: nil, count: count))
  }

  subscript(index: Int) -> Value? {
    get { slots.withLock { $0[index] } }
    set { slots.withLock { $0[index] = newValue } }
  }

  /// All results in order; throws `CancellationError` when one is missing.
  func all() throws(CancellationError) -> [Value] {
    let values = slots.withLock { $0 }
    let present = values.compactMap { $0 }
    guard present.count == values.count else { throw CancellationError() }
    return present
  }
}
