import Features
import LinearAlgebra
import Synchronization

/// Workers, each with memory of its own for the block of rows in its hands.
struct Team: Sendable {
  /// Rows of one task: enough that a product spends little on packing its weights, few enough that
  /// the inner layer stays in the cache.
  static let rows = 256

  /// One worker's memory.
  ///
  /// Only the worker with its number touches it, in one task at a time.
  struct Scratch: Sendable {
    /// `[rows, dim]`.
    let normed: Matrix
    /// What a branch adds to the residual stream, `[rows, dim]`.
    let branch: Matrix
    /// The inner layer, or a block's pixels, `[rows, inner]`.
    let inner: Matrix
    /// What a gate leaves of the inner layer, `[rows, hidden]`.
    let gated: Matrix
    let attention: SoftmaxAttention
  }

  private let workers: Workers
  private let scratch: [Scratch]

  init(_ workers: Workers, dim: Int, headDim: Int, inner: Int, gated: Int) {
    self.workers = workers
    scratch = (0..<workers.count).map { _ in
      Scratch(
        normed: Matrix(rows: Team.rows, columns: dim),
        branch: Matrix(rows: Team.rows, columns: dim),
        inner: Matrix(rows: Team.rows, columns: inner),
        gated: Matrix(rows: Team.rows, columns: gated),
        attention: SoftmaxAttention(dim: headDim))
    }
  }

  /// Runs `body` for each block of so many rows.
  func forEachBlock(of rows: Int, _ body: @escaping @Sendable (Range<Int>, Scratch) -> Void) {
    let blocks = Blocks(of: rows, atMost: Team.rows)
    workers.forEach(blocks.count) { index, member in body(blocks[index], scratch[member]) }
  }

  /// Runs `body` for each head and each block of queries.
  func forEachHead(
    _ heads: Int, tokens: Int, _ body: @escaping @Sendable (Int, Range<Int>, Scratch) -> Void
  ) {
    let blocks = SoftmaxAttention.queryBlocks(of: tokens)
    workers.forEach(heads * blocks.count) { index, member in
      body(index / blocks.count, blocks[index % blocks.count], scratch[member])
    }
  }
}

extension Team {
  init(_ workers: Workers, for model: DINOv2) {
    let columns = model.blocks[0].mlp.innerColumns
    self.init(
      workers, dim: model.card.dim, headDim: model.card.dim / model.card.heads,
      inner: max(columns.before, model.patchEmbedding.proj.weight.columns),
      gated: columns.after)
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
