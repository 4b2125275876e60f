import LinearAlgebra
import Synchronization

/// The memory that an encoder keeps from one pass to the next: a pass like the last one takes none
/// from the system but for its results.
final class Workspace: Sendable {
  /// What decides the shapes of a model's memory.
  private struct Shape: Hashable {
    let count: Int
    let precision: Precision
  }

  /// Bytes of activations that stay when nothing is encoded: both workers' for a side of 500
  /// pixels.
  private static let kept = 64 << 20

  private let scratch = Spare<Shape, [EncoderWorkers.Scratch]>()
  private let activations = Spare<Shape, Activations>()

  /// Lends scratch memory for so many workers.
  func scratch<Result>(
    for workers: Int, _ precision: Precision, _ fresh: () -> EncoderWorkers.Scratch,
    _ body: ([EncoderWorkers.Scratch]) throws -> Result
  ) rethrows -> Result {
    try scratch.lend(Shape(count: workers, precision: precision)) {
      (0..<workers).map { _ in fresh() }
    } _: {
      try body($0)
    }
  }

  /// Lends activations of so many tokens.
  func activations<Result>(
    tokens: Int, _ precision: Precision, _ fresh: () -> Activations,
    _ body: (Activations) -> Result
  ) -> Result {
    activations.lend(Shape(count: tokens, precision: precision), fresh, body)
  }

  /// Lets go what is more than is worth keeping, the longest unused first.
  func trim() {
    activations.trim(to: Workspace.kept, \.bytes)
  }
}

/// Memory that was used before and nobody uses now, by its shape.
private final class Spare<Shape: Hashable & Sendable, Value: Sendable>: Sendable {
  private let values = Mutex<[(shape: Shape, value: Value)]>([])

  /// Lends some, fresh if none of the shape is left, while `body` runs.
  func lend<Result>(
    _ shape: Shape, _ fresh: () -> Value, _ body: (Value) throws -> Result
  ) rethrows -> Result {
    let found = values.withLock { values in
      values.lastIndex { $0.shape == shape }.map { values.remove(at: $0).value }
    }
    let value = found ?? fresh()
    defer { values.withLock { $0.append((shape, value)) } }
    return try body(value)
  }

  func trim(to limit: Int, _ bytes: (Value) -> Int) {
    values.withLock { values in
      var total = 0
      let kept = values.reversed().prefix {
        total += bytes($0.value)
        return total <= limit
      }
      values = kept.reversed()
    }
  }
}
