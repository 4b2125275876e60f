package import Files
package import Imaging
package import Scheduling
import Segmentation
import Tensors

/// Labels as a client sends them.
package enum LabelBody: Sendable, Hashable {
  /// A picture, an npy or GeoJSON.
  case file([UInt8])
  /// One byte a pixel, row after row.
  case raw([UInt8])
  /// The same, deflated in zlib's frame.
  case deflated([UInt8])

  var count: Int {
    switch self {
    case .file(let bytes), .raw(let bytes), .deflated(let bytes): bytes.count
    }
  }

  /// The bytes of so many pixels; of deflated ones no more are ever made.
  func ids(of pixels: Int) throws(PayloadError) -> [UInt8] {
    switch self {
    case .file(let bytes), .raw(let bytes):
      guard bytes.count == pixels else { throw .byteCount(bytes.count, wanted: pixels) }
      return bytes
    case .deflated(let bytes):
      do {
        return try Inflation.inflate(bytes, to: pixels, in: .zlib)
      } catch {
        throw .deflation(wanted: pixels)
      }
    }
  }
}

/// The labels that are kept at fields.
///
/// `condition` is given the digest of the labels that are there, if any, and throws if they are not
/// those that the client meant.
extension QueryService {
  package typealias LabelCondition = @Sendable (Digest?) throws -> Void

  /// The labels of a field.
  ///
  /// Throws `FeaturizationError`: `noSuchField`, and `noLabelsKept`.
  package func labels(of field: Digest) async throws -> KeptLabels {
    guard let kept = try await labelsIfKept(of: field) else {
      _ = try await fields.record(of: field)
      throw FeaturizationError.noLabelsKept(field)
    }
    return kept
  }

  /// The labels of a field; `nil` without any.
  package func labelsIfKept(of field: Digest) async throws -> KeptLabels? {
    try await queue.run { [labels] in labels.labels(of: field) }
  }

  /// Keeps labels in place of those that were there; returns whether there were none.
  package func keep(
    _ body: LabelBody, for field: Digest, if condition: @escaping LabelCondition, owner: Owner
  ) async throws -> (labels: KeptLabels, isNew: Bool) {
    let record = try await fields.record(of: field)
    let source = FieldSource(record: record, image: .kept(record.image), plan: nil)
    let size: Size
    do {
      size = try await fields.size(of: source, for: owner)
    } catch FeaturizationError.noSuchImage {
      throw FeaturizationError.fieldGone(field)
    }
    let pixels = size.width * size.height
    let bytes: Int
    if case .file(let file) = body {
      bytes = 4 * file.count + NamedLabels.bytes(reading: file, pixels: pixels)
    } else {
      bytes = 4 * body.count + 12 * pixels
    }
    let sent = try await inTurn(bytes: bytes, owner) {
      [limits = fields.limits.decoding, page = record.request.page] in
      do throws(PayloadError) {
        if case .file(let file) = body {
          let named = try NamedLabels(file, of: size, page: page, limits: limits)
          return KeptLabels(named.labels, classes: named.classes)
        }
        return KeptLabels(
          LabelImage(size: size, ids: try body.ids(of: size.width * size.height)))
      } catch {
        throw FeaturizationError.payload(error)
      }
    }
    let former = try await change(field) { former in
      try condition(former?.digest)
      return sent
    }.former
    return (sent, former == nil)
  }

  /// Replaces the labels of a rectangle.
  ///
  /// Throws `FeaturizationError`: `noLabelsKept`, `rectangleOutside`, and `payload`.
  package func patch(
    _ rectangle: PixelRectangle, with body: LabelBody, of field: Digest,
    if condition: @escaping LabelCondition
  ) async throws -> KeptLabels {
    let now = try await change(field) { former in
      try condition(former?.digest)
      guard let former else { throw FeaturizationError.noLabelsKept(field) }
      guard rectangle.fits(in: former.labels.size) else {
        throw FeaturizationError.rectangleOutside(rectangle, of: former.labels.size)
      }
      do throws(PayloadError) {
        return former.replacing(
          rectangle, with: try body.ids(of: rectangle.width * rectangle.height))
      } catch {
        throw FeaturizationError.payload(error)
      }
    }.now
    guard let now else { throw FeaturizationError.noLabelsKept(field) }
    return now
  }

  /// Removes a field's labels.
  ///
  /// Throws `FeaturizationError.noLabelsKept`.
  package func removeLabels(
    of field: Digest, if condition: @escaping LabelCondition
  ) async throws {
    _ = try await change(field) { former in
      try condition(former?.digest)
      guard former != nil else { throw FeaturizationError.noLabelsKept(field) }
      return nil
    }
  }

  private func change(
    _ field: Digest, _ make: @escaping @Sendable (KeptLabels?) throws -> KeptLabels?
  ) async throws -> (former: KeptLabels?, now: KeptLabels?) {
    try await queue.run { [labels] in try labels.change(field, make) }
  }
}
