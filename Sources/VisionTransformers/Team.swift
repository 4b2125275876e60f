import Features
import LinearAlgebra
import Synchronization

/// Workers, each with memory of its own for the block of rows in its hands.
///
/// Blocks and heads that come after a cancellation are passed over.
struct Team: Sendable {
  /// Rows of one task: enough to use weights well that come from far, few enough that the inner
  /// layer stays in the second-level cache.
  static let rows = 144

  /// One worker's memory.
  ///
  /// Only the worker with its number touches it, in one task at a time.
  struct Scratch: Sendable {
    /// `[rows, dim]`.
    let normed: Matrix
    /// The inner layer, or a block's pixels, `[rows, inner]`.
    let inner: Matrix
    /// What a layer's product needs.
    let product: Matrix
    let attention: SoftmaxAttention

    init(dim: Int, inner: Int, heads: Int, _ precision: Precision) {
      normed = Matrix(rows: Team.rows, columns: dim)
      self.inner = Matrix(rows: Team.rows, columns: inner)
      product = EncoderKernels.current.scratch(
        rows: Team.rows, inputs: max(dim, inner), precision)
      attention = SoftmaxAttention(dim: dim / heads, precision)
    }
  }

  let precision: Precision
  let workers: Workers
  let progress: WorkProgress
  /// One a worker.
  let scratch: [Scratch]

  /// Runs `body` for each block of so many rows, which are as many as the workers share evenly.
  func forEachBlock(of rows: Int, _ body: @escaping @Sendable (Range<Int>, Scratch) -> Void) {
    let blocks = Blocks(of: rows, atMost: Team.rows, sharedBy: workers.count)
    workers.forEach(blocks.count) { [progress] index, member in
      if !progress.isCancelled { body(blocks[index], scratch[member]) }
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

/// Results that tasks hand in by number, each once.
final class Results<Value: Sendable>: Sendable {
  private let slots: Mutex<[Value?]>

  init(count: Int) {
    slots = Mutex(Array(repeating: nil, count: count))
  }

  subscript(index: Int) -> Value? {
    get { slots.withLock { $0[index] } }
    set { slots.withLock { $0[index] = newValue } }
  }

  /// All of them in order; throws `CancellationError` when one was not handed in.
  func all() throws(CancellationError) -> [Value] {
    let values = slots.withLock { $0 }
    let present = values.compactMap { $0 }
    guard present.count == values.count else { throw CancellationError() }
    return present
  }
}
