package import Tensors
package import Scheduling

/// The bytes of an array file, produced in pieces: of features, only a few pieces exist at a time.
///
/// Pieces are computed on a queue's threads, not the cooperative ones, at most `ahead` in advance.
package struct ArrayStream: Sendable {
  /// The maximum number of pieces in memory: one being sent, the others being computed.
  static let ahead = 3

  package let length: Int
  private let arrays: [(outline: ArrayOutline, elements: ChunkedArray)]
  private let format: ArrayFormat
  private let metadata: [String: String]
  /// Held as long as pieces may still be computed.
  private let reservation: Reservation

  package init(
    _ arrays: [(outline: ArrayOutline, elements: ChunkedArray)], as format: ArrayFormat,
    metadata: [String: String], reservation: Reservation
  ) {
    self.arrays = arrays
    self.format = format
    self.metadata = metadata
    self.reservation = reservation
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
    var offset = 0
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
      let pieces = pieces(of: elements, at: offset, in: part)
      let before = min(pieces.lowerBound * elements.pieceBytes, elements.byteCount)
      if before > 0 { writer.skip(before) }
      offset += before
      try await reservation.queue.inOrder(pieces.count, ahead: ArrayStream.ahead) { index in
        elements(pieces.lowerBound + index)
      } to: { bytes in
        writer.pass(bytes)
        try await emit(bytes)
      }
    }
    if offset < part.upperBound { try await emit(writer.end()) }
  }

  /// The pieces of an array at an offset that overlap a part of the file.
  ///
  /// In an archive, earlier pieces are included.
  private func pieces(of elements: ChunkedArray, at offset: Int, in part: Range<Int>) -> Range<Int>
  {
    let (size, count) = (elements.pieceBytes, elements.count)
    let (start, end) = (max(0, part.lowerBound - offset), max(0, part.upperBound - offset))
    let last = min(count, (end + size - 1) / size)
    guard format != .npz else { return 0..<last }
    return min(start >= elements.byteCount ? count : start / size, last)..<last
  }
}
