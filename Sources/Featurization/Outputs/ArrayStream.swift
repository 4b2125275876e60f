import Scheduling
package import Tensors

/// The bytes of an array file, produced in pieces: of features, only a few pieces exist at a time.
///
/// Pieces are computed on a queue's threads, not the cooperative ones, a few in advance. Their size
/// follows the client: a slow one leaves little of them in memory.
package struct ArrayStream: Sendable {
  package let length: Int
  package let arrays: [(outline: ArrayOutline, elements: ChunkedArray)]
  private let format: ArrayFormat
  private let metadata: [String: String]
  private let memory: AnswerMemory

  package init(
    _ arrays: [(outline: ArrayOutline, elements: ChunkedArray)], as format: ArrayFormat,
    metadata: [String: String], in memory: AnswerMemory
  ) {
    self.arrays = arrays
    self.format = format
    self.metadata = metadata
    self.memory = memory
    length = ArrayWriter(arrays.map(\.outline), as: format, metadata: metadata).length
    for (outline, elements) in arrays {
      precondition(
        outline.byteCount == elements.byteCount, "\(elements.byteCount) bytes for \(outline)")
    }
  }

  /// Passes all bytes to the sink in order; there are `length`.
  package func write(to sink: (sending [UInt8]) async throws -> Void) async throws {
    try await write(0..<length, to: sink)
  }

  /// Passes a range of the bytes to the sink in order.
  ///
  /// Earlier pieces are computed only for an archive, whose checksums need them.
  package func write(
    _ part: Range<Int>, to sink: (sending [UInt8]) async throws -> Void
  ) async throws {
    precondition(part.lowerBound >= 0 && part.upperBound <= length, "\(part) of \(length) bytes")
    guard !part.isEmpty else { return }
    var writer = ArrayWriter(arrays.map(\.outline), as: format, metadata: metadata)
    let clock = ContinuousClock()
    var (offset, size) = (0, PieceSize())
    func emit(_ bytes: [UInt8]) async throws {
      let wanted = part.clamped(to: offset..<offset + bytes.count)
      if wanted.count == bytes.count {
        if !bytes.isEmpty { try await sink(bytes) }
      } else if !wanted.isEmpty {
        try await sink(Array(bytes[wanted.lowerBound - offset..<wanted.upperBound - offset]))
      }
      offset += bytes.count
    }
    for (_, elements) in arrays where offset < part.upperBound {
      try await emit(writer.begin())
      let units = units(of: elements, at: offset, in: part)
      let before = elements.bytes(of: 0..<units.lowerBound)
      if before > 0 { writer.skip(before) }
      offset += before
      var cutter = PieceCutter(elements, units, in: memory)
      try await memory.queries.inOrder { underWay in
        cutter.next(size, underWay: underWay)
      } make: { piece in
        elements(piece.units)
      } to: { bytes in
        let start = clock.now
        writer.pass(bytes)
        try await emit(bytes)
        size.wasTaken(in: clock.now - start)
      } release: { piece in
        piece.reservation?.shrink(to: 0)
      }
    }
    if offset < part.upperBound { try await emit(writer.end()) }
  }

  /// The units of an array at an offset that overlap a part of the file.
  ///
  /// In an archive, earlier units are included.
  private func units(of elements: ChunkedArray, at offset: Int, in part: Range<Int>) -> Range<Int> {
    let (size, count) = (elements.unitBytes, elements.count)
    let (start, end) = (max(0, part.lowerBound - offset), max(0, part.upperBound - offset))
    let last = min(count, (end + size - 1) / size)
    return (format == .npz ? 0 : min(start / size, last))..<last
  }
}
