import Synchronization

/// An array's elements as parts of equal length that follow one another, each obtained when it is
/// needed; one part where all are at hand.
package struct ArrayParts: Sendable {
  /// Bytes of one part.
  let partBytes: Int
  let count: Int
  private let make: @Sendable (Int) async throws -> ChunkedArray
  /// Is told of a part that could not be made while the array went out.
  private let fails: @Sendable (Int, any Error) -> Void
  private let ready = Ready()

  /// `make` obtains a part's elements; it may be called for parts in any order, and again.
  package init(
    count: Int, partBytes: Int,
    make: @escaping @Sendable (Int) async throws -> ChunkedArray,
    fails: @escaping @Sendable (Int, any Error) -> Void = { _, _ in }
  ) {
    precondition(count > 0 && partBytes >= 0, "\(count) parts of \(partBytes) bytes")
    (self.count, self.partBytes, self.make, self.fails) = (count, partBytes, make, fails)
  }

  package init(_ elements: ChunkedArray) {
    self.init(count: 1, partBytes: elements.byteCount) { _ in elements }
  }

  var byteCount: Int { count * partBytes }

  /// The parts that hold a range of the bytes.
  func parts(holding bytes: Range<Int>) -> Range<Int> {
    let wanted = bytes.clamped(to: 0..<byteCount)
    guard !wanted.isEmpty else { return 0..<0 }
    return wanted.lowerBound / partBytes..<(wanted.upperBound - 1) / partBytes + 1
  }

  /// Obtains a part, which the next `forEach` that begins with it takes.
  ///
  /// What fails for want of room fails here, before anything goes out.
  func begin(with index: Int) async throws {
    let elements = try await make(index)
    ready.part.withLock { $0 = (index, elements) }
  }

  /// Passes parts on in order; while one is consumed, the next is being made, and no other.
  package func forEach(
    _ parts: Range<Int>, _ body: (Int, ChunkedArray) async throws -> Void
  ) async throws {
    guard let first = parts.first else { return }
    try await withThrowingTaskGroup(of: ChunkedArray.self) { group in
      group.addTask { try await obtain(first) }
      for index in parts {
        guard let elements = try await group.next() else { return }
        if index + 1 < parts.upperBound {
          group.addTask { try await obtain(index + 1) }
        }
        try await body(index, elements)
      }
    }
  }

  private func obtain(_ index: Int) async throws -> ChunkedArray {
    let begun = ready.part.withLock { part in
      defer { part = nil }
      return part
    }
    if let begun, begun.index == index { return begun.elements }
    do {
      return try await make(index)
    } catch {
      if !(error is CancellationError) { fails(index, error) }
      throw error
    }
  }
}

/// A part that was made before it was asked for.
private final class Ready: Sendable {
  let part = Mutex<(index: Int, elements: ChunkedArray)?>(nil)
}
