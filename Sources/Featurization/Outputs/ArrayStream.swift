import Scheduling
package import Tensors

/// The bytes of an array file, produced in pieces: of features, only a few pieces exist at a time,
/// and of several pages one page and the next.
///
/// Pieces are computed on a queue's threads, not the cooperative ones, a few in advance. Their size
/// follows the client: a slow one leaves little of them in memory.
package struct ArrayStream: Sendable {
  package let length: Int
  package let arrays: [(outline: ArrayOutline, parts: ArrayParts)]
  private let format: ArrayFormat
  /// Everything around the arrays, from the beginning.
  private let frame: ArrayWriter
  private let memory: AnswerMemory

  package init(
    _ arrays: [(outline: ArrayOutline, parts: ArrayParts)], as format: ArrayFormat,
    metadata: [String: String], resolution: TIFFResolution? = nil, in memory: AnswerMemory
  ) {
    self.arrays = arrays
    self.format = format
    self.memory = memory
    frame = ArrayWriter(
      arrays.map(\.outline), as: format, metadata: metadata, resolution: resolution)
    length = frame.length
    for (outline, parts) in arrays {
      precondition(outline.byteCount == parts.byteCount, "\(parts.byteCount) bytes for \(outline)")
    }
  }

  /// Obtains what the bytes from one on need first, so that its failure comes before the first byte.
  package func begin(at byte: Int) async throws {
    var (writer, offset) = (frame, 0)
    for (_, parts) in arrays {
      offset += writer.begin().count
      let first = format == .npz ? 0 : max(0, byte - offset)
      if let part = parts.parts(holding: first..<parts.byteCount).first {
        return try await parts.begin(with: part)
      }
      writer.skip(parts.byteCount)
      offset += parts.byteCount
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
    var writer = frame
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
    for (_, parts) in arrays where offset < part.upperBound {
      try await emit(writer.begin())
      let start = offset
      func skip(to byte: Int) {
        if byte > offset { writer.skip(byte - offset) }
        offset = max(byte, offset)
      }
      // An archive's checksums need all bytes before.
      let from = format == .npz ? 0 : max(0, part.lowerBound - start)
      let wanted = from..<max(from, part.upperBound - start)
      try await parts.forEach(parts.parts(holding: wanted)) { index, elements in
        let first = start + index * parts.partBytes
        let units = units(of: elements, at: first, in: part)
        skip(to: first + elements.bytes(of: 0..<units.lowerBound))
        var cutter = PieceCutter(elements, units, in: memory)
        try await memory.queries.inOrder(for: memory.owner) { underWay in
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
      if part.lowerBound >= start + parts.byteCount { skip(to: start + parts.byteCount) }
    }
    if offset < part.upperBound { try await emit(writer.end()) }
  }

  /// The units of elements at an offset that overlap a part of the file.
  ///
  /// In an archive, earlier units are included.
  private func units(of elements: ChunkedArray, at offset: Int, in part: Range<Int>) -> Range<Int> {
    let (size, count) = (elements.unitBytes, elements.count)
    let (start, end) = (max(0, part.lowerBound - offset), max(0, part.upperBound - offset))
    let last = min(count, (end + size - 1) / size)
    return (format == .npz ? 0 : min(start / size, last))..<last
  }
}
