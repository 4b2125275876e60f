import Files
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Scheduling
import Synchronization

/// One query with its field and the inputs obtained for it.
package final class Query: Sendable {
  let request: FeatureRequest
  let record: FieldRecord
  /// The posted body.
  let payload: QueryPayload?
  let owner: Owner
  private let source: FieldSource
  /// The stored field that is queried; `nil` where an image was sent.
  private let base: FieldRecord?
  let progress: WorkProgress
  /// Whether the views that are there suffice where a field is being made.
  private let takesPartial: Bool
  let service: QueryService

  /// The state of the work so far.
  private struct State {
    var timings: [Answer.Timing] = []
    var uncountedBytes = 0
    var looked: SourceDescription?
    var views: (done: Int, all: Int)?
    var part: EncodedImage?
  }

  private let state = Mutex(State())

  init(
    _ request: FeatureRequest, of source: FieldSource, base: FieldRecord?,
    _ payload: QueryPayload?, for owner: Owner, _ progress: WorkProgress,
    takesPartial: Bool = false, by service: QueryService
  ) {
    self.request = request
    record = source.record
    self.source = source
    self.base = base
    self.payload = payload
    self.owner = owner
    self.progress = progress
    self.takesPartial = takesPartial
    self.service = service
  }

  /// The durations of its stages.
  var timings: [Answer.Timing] { state.withLock { $0.timings } }

  /// What was looked at, once the image or its reconstruction was obtained.
  var looked: SourceDescription? { state.withLock { $0.looked } }

  /// The views that its answer rests on, and those of the whole field; `nil` where it rests on none.
  var views: (done: Int, all: Int)? { state.withLock { $0.views } }

  /// Whether its answer rests on a part of the views.
  var isPartial: Bool { views.map { $0.done < $0.all } ?? false }

  /// Bytes of encodings in use that the memory budget does not count.
  var uncountedBytes: Int { state.withLock { $0.uncountedBytes } }

  /// The same without so many directions of position.
  func image(debias count: Int) async throws -> FieldImage {
    var image = try await image()
    guard count > 0 else { return image }
    image.removed = try await positions(of: image).first(count)
    return image
  }

  /// The encoded image, computed if it is missing, as the record's field reads it.
  func image() async throws -> FieldImage {
    let encoded: FieldService.Encoded =
      if let part = try part() {
        (part, [])
      } else if let base {
        try await service.fields.kept(record, base: base, for: owner, progress: progress)
      } else {
        try await service.fields.encoded(source, for: owner, progress: progress)
      }
    let isCounted = service.fields.cache.encodedInMemory(encoded.image.record) != nil
    state.withLock { state in
      state.timings += encoded.stages
      state.looked = encoded.image.source
      state.views = encoded.image.viewCounts
      if !isCounted { state.uncountedBytes += encoded.image.bytes }
    }
    return try await image(encoded.image, of: record)
  }

  /// The views that are there of a field that is being made; `nil` for a field that is not.
  ///
  /// All readings of one query are of the same views. Throws `FeaturizationError.noViewYet`.
  private func part() throws -> EncodedImage? {
    if let part = state.withLock({ $0.part }) { return part }
    let wanted = record.encodings.request
    let isOfBase = base.map { wanted.isPart(of: $0.encodings.request) } ?? false
    let whole = isOfBase ? base ?? record : record
    guard takesPartial, service.fields.cache.encodedInMemory(whole.encodings) == nil,
      service.fields.isUnderWay(whole)
    else { return nil }
    guard let made = service.fields.works[whole]?.image else {
      throw FeaturizationError.noViewYet(whole.name, seconds: 1)
    }
    let part = wanted == made.record.request ? made : made.part(wanted)
    state.withLock { $0.part = part }
    return part
  }

  /// What the field shows; the image itself is read where no encoding is at hand.
  func picture(of image: FieldImage?) async throws -> FieldPicture {
    if let here = image?.encoded ?? service.fields.encodedHere(record) {
      let picture = FieldPicture(here)
      state.withLock { $0.looked = picture.source }
      return picture
    }
    let (fields, owner, source) = (service.fields, owner, source)
    do {
      let name = DerivedName(FieldPicture.self, of: record.encodings.name, .pixel)
      let picture: FieldPicture = try await service.derived(name) {
        try await fields.picture(of: source, for: owner)
      }
      state.withLock { $0.looked = picture.source }
      return picture
    } catch FeaturizationError.noSuchImage {
      return FieldPicture(try await self.image().encoded)
    }
  }

  /// The grey levels or colours that would be encoded; nothing is.
  func intensities() async throws -> (Intensities, Canvas) {
    let fields = service.fields
    let image: [UInt8]
    do {
      image = try await fields.images.reader(of: source.image, for: owner)()
    } catch FeaturizationError.noSuchImage where base != nil {
      throw FeaturizationError.fieldGone(record.name)
    }
    let plan: Plan
    if let known = source.plan {
      plan = known
    } else {
      plan = try await fields.plan(image, record.request)
    }
    let shown = plan.canvas.source
    // Samples of the file as decoded and cut, and of the picture as floats: at most three channels.
    let bytes =
      image.count + 36 * (plan.image.width * plan.image.height + shown.width * shown.height)
    let (intensities, looked) = try await service.inTurn(bytes: bytes, owner) {
      try fields.computation.read(image, plan)
    }
    state.withLock { $0.looked = looked }
    return (intensities, plan.canvas)
  }

  /// The image with hidden parts reconstructed by the model.
  func reconstruction(seed: UInt32) async throws -> Computation.Painted {
    let fields = service.fields
    let painted = try await fields.computation.reconstruct(
      record, source.plan, seed: seed, for: owner, progress,
      image: fields.images.reader(of: source.image, for: owner))
    state.withLock {
      $0.timings += painted.stages
      $0.looked = painted.source
    }
    return painted
  }
}

// MARK: Derived values

extension Query {
  /// The components of the field, or of another one, over all its pixels or patches.
  func basis(
    _ other: Digest?, _ grid: Places.Grid, of image: FieldImage
  ) async throws -> Basis {
    var (image, record, grid) = (image, record, grid)
    if let other {
      guard let known = try? await service.fields.record(of: other) else {
        throw FeaturizationError.noSuchField(other)
      }
      let foreign = try await service.fields.kept(known, base: known, for: owner).image
      guard foreign.dim == image.encoded.dim else {
        throw FeaturizationError.foreignBasis(dim: foreign.dim, wanted: image.encoded.dim)
      }
      (image, record, grid) = (try await self.image(foreign, of: known), known, .pixel)
    }
    let threads = service.threads
    let dim = image.encoded.dim
    let bytes = image.bytesWhenRead + Covariance.bytes(cells: image.cells, dim: dim)
    let name = DerivedName(Basis.self, of: name(of: image, record), grid)
    return try await service.derived(name, bytes: bytes, owner) { [image, grid] in
      guard let basis = try? Basis(of: image.features(grid), workers: threads) else {
        throw FeaturizationError.noComponents
      }
      return basis
    }
  }

  /// The norms of the vectors at every pixel, which cosines need.
  func norms(of image: FieldImage) async throws -> Norms {
    let threads = service.threads
    let bytes = image.bytesWhenRead + 8 * image.encoded.area
    let name = DerivedName(Norms.self, of: name(of: image, record), .pixel)
    return try await service.derived(name, bytes: bytes, owner) {
      Norms(of: image.features(.pixel), workers: threads)
    }
  }

  /// The local entropy of the image around each pixel.
  func entropy(of image: FieldImage) async throws -> LocalEntropy {
    let threads = service.threads
    let encoded = image.encoded
    return try await service.derived(
      of: record, .pixel, bytes: 8 * encoded.area, owner
    ) {
      LocalEntropy(of: encoded.grey, size: encoded.canvas.shown, workers: threads)
    }
  }

  /// What a field's derived values are named after; those of a part of its views have names of their
  /// own.
  private func name(of image: FieldImage, _ record: FieldRecord) -> Digest {
    let (done, all) = image.encoded.viewCounts
    let removed = image.removed?.rows ?? 0
    guard done < all || removed > 0 else { return record.name }
    return record.name(of: removed > 0 ? "\(done) views less \(removed)" : "\(done) views")
  }

  /// An encoded image as a field reads it, with the upsampler's output where the field asks for it.
  private func image(_ encoded: EncodedImage, of record: FieldRecord) async throws -> FieldImage {
    guard record.request.upsampling == .jbu else {
      return FieldImage(encoded: encoded, request: record.request, guided: nil)
    }
    let computation = service.fields.computation
    // Before there is a reservation that others wait for.
    let lease = try await computation.lease(for: encoded.record)
    let guided: GuidedMap = try await service.derived(
      of: record, .pixel, bytes: computation.guidedBytes(of: encoded), owner
    ) {
      computation.guided(encoded, by: lease)
    }
    return FieldImage(encoded: encoded, request: record.request, guided: guided)
  }
}

// MARK: Payloads

extension Query {
  /// The posted points, for a field of a size.
  func points(in size: Size) async throws -> PointUpload {
    // An image of labels: its samples, the levels, and the places of those that are set.
    let bytes = 20 * size.width * size.height
    return try await read(bytes) { [limits = service.fields.limits] bytes throws(PayloadError) in
      try PointUpload(bytes, of: size, limits: limits)
    }
  }

  /// The posted linear map, for vectors of a dimension.
  func map(dim: Int) async throws -> LinearMapUpload {
    try await read(0) { bytes throws(PayloadError) in try LinearMapUpload(bytes, dim: dim) }
  }

  /// Reads the payload, which needs four times its bytes of memory and `more`.
  func read<Upload: Sendable>(
    _ more: Int,
    _ parse: @escaping @Sendable ([UInt8]) throws(PayloadError) -> Upload
  ) async throws -> Upload {
    let bytes = more + 4 * (payload?.bytes.count ?? 0)
    return try await service.inTurn(bytes: bytes, owner) { [payload] in
      do throws(PayloadError) {
        return try parse(payload?.bytes ?? [])
      } catch {
        throw FeaturizationError.payload(error)
      }
    }
  }
}
