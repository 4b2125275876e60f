import LinearAlgebra
import Synchronization

/// Memory that an encoder keeps between passes, so that a pass like the last one allocates only its
/// results.
final class Workspace: Sendable {
  /// The parameters that determine the shapes of a model's memory.
  private struct Shape: Hashable {
    let count: Int
    let precision: Precision
  }

  /// Bytes of activations kept while idle: both workers' for a side of 500 pixels.
  private static let kept = 64 << 20

  private let scratch = Spare<Shape, [EncoderWorkers.Scratch]>()
  private let activations = Spare<Shape, Activations>()

  /// Lends scratch memory for a number of workers.
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

  /// Lends activations for a number of tokens.
  func activations<Result>(
    tokens: Int, _ precision: Precision, _ fresh: () -> Activations,
    _ body: (Activations) -> Result
  ) -> Result {
    activations.lend(Shape(count: tokens, precision: precision), fresh, body)
  }

  /// Frees memory beyond the limit, least recently used first.
  func trim() {
    activations.trim(to: Workspace.kept, \.bytes)
  }
}

/// Unused memory, by its shape.
private final class Spare<Shape: Hashable & Sendable, Value: Sendable>: Sendable {
  private let values = Mutex<[(shape: Shape, value: Value)]>([])

  /// Lends memory while `body` runs, newly allocated if none of the shape is free.
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
