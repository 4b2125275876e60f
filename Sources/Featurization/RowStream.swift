import Fields
import Imaging
import Jobs
import LinearAlgebra
import Rendering

/// A field's features on their way out, a few rows at a time: `[height, width, dim]`.
///
/// Only the rows in hand exist at full resolution. They are made on the job queue's threads, never
/// on the cooperative ones, and no faster than they are taken.
package struct RowStream: Sendable {
  /// Bytes made at once, roughly.
  static let chunk = 1 << 20

  private let head: [UInt8]
  private let field: FeatureField
  private let dtype: FloatFormat
  private let place: Place
  package let length: Int

  init(_ field: FeatureField, head: [UInt8], dtype: FloatFormat, place: Place) {
    self.head = head
    self.field = field
    self.dtype = dtype
    self.place = place
    length = head.count + field.shown.height * field.shown.width * field.dim * dtype.element.size
  }

  /// Hands out all bytes in order, `length` of them.
  package func write(to sink: (sending [UInt8]) async throws -> Void) async throws {
    if !head.isEmpty { try await sink(head) }
    let width = field.shown.width
    let rowBytes = max(width * field.dim * dtype.element.size, 1)
    let blocks = Blocks(of: field.shown.height, atMost: max(1, RowStream.chunk / rowBytes))
    for rows in blocks.ranges {
      let bytes = try await place.queue.run { [field, dtype] in
        let values = Matrix(rows: rows.count * width, columns: field.dim)
        field.rows(rows, into: values.all)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * dtype.element.size)
        dtype.append(values.all, to: &bytes)
        return bytes
      }
      try await sink(bytes)
    }
  }
}

/// A place in the job queue, given back when nobody holds it any more.
package final class Place: Sendable {
  let queue: JobQueue
  private let ticket: WaitingLine.Ticket

  init(in queue: JobQueue, _ demand: WaitingLine.Demand) async throws {
    self.queue = queue
    ticket = try await queue.enter(demand)
  }

  /// The work is done; what it made is still held.
  func finish() {
    queue.finish(ticket)
  }

  deinit {
    queue.release(ticket)
  }
}
