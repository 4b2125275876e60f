import Digests
import Encoders
import Fields
import Imaging
package import Scheduling
import LinearAlgebra
import Cache

/// What was posted to a field, as it came.
package enum QueryPayload: Sendable {
  case points([UInt8])
  case map([UInt8])

  var digest: Digest {
    switch self {
    case .points(let bytes), .map(let bytes): SHA256.digest(of: bytes)
    }
  }
}

extension Featurizer {
  /// Answers a request about a field that is here, or whose image is.
  ///
  /// Throws as `answer` does for an image.
  package func answer(
    _ record: FieldRecord, _ request: FeatureRequest, posted: QueryPayload? = nil,
    for owner: Owner = .anonymous
  ) async throws -> Answer {
    let asked = record.with(request: request.field)
    fieldCache.note(asked)
    if request.output == .reconstruction {
      return try await reconstruct(asked, .kept(record.image), request, for: owner, WorkProgress())
    }
    let encoded = try await reencodeIfMissing(asked, base: record, for: owner)
    return try await ask(request, of: encoded, asked, for: owner, posted: posted)
  }

  /// The encodings of a field that is known; the image may be gone, and nobody sent it.
  ///
  /// Those of a kept field that had to be made again are kept again.
  func reencodeIfMissing(
    _ record: FieldRecord, base: FieldRecord, for owner: Owner
  ) async throws -> Encoded {
    do {
      let encoded = try await encoded(record, .kept(record.image), base: base, for: owner)
      if !encoded.stages.isEmpty {
        try await questions.run { [fieldCache] in fieldCache.mend(record, encoded.image) }
      }
      return encoded
    } catch FeaturizationError.noSuchImage {
      throw FeaturizationError.fieldGone(record.name)
    }
  }

  /// Answers a request from encodings.
  func ask(
    _ request: FeatureRequest, of encoded: Encoded, _ record: FieldRecord, for owner: Owner,
    posted: QueryPayload? = nil
  ) async throws -> Answer {
    let image = encoded.image
    let (name, read) = try await questions.run { [self, request] in
      (record.name(of: request, with: posted?.digest), try self.read(posted, for: request, image))
    }
    let asked = read.request
    let precomputed = try await find(read.precomputed, for: asked, image, record, owner)
    var stages = Stages(after: encoded.stages)
    let reservation = try await Reservation(
      in: questions, demand(of: asked, image, precomputed, owner))
    defer { reservation.finish() }
    let rendered = try await questions.run { [readers] in
      try RenderedOutput(asked, of: image, precomputed, readers, reservation)
    }
    stages.end(rendered.stage)
    return Answer(
      name: name, field: record.name, model: record.request.model,
      precision: record.request.encodeOptions.precision.rawValue, shape: rendered.shape,
      format: request.format, timings: stages.timings, body: rendered.body)
  }

  /// What was posted becomes places to read, or a map.
  private func read(
    _ posted: QueryPayload?, for request: FeatureRequest, _ image: EncodedImage
  ) throws -> (request: FeatureRequest, precomputed: RenderedOutput.Precomputed) {
    var (request, precomputed) = (request, RenderedOutput.Precomputed())
    do throws(PayloadError) {
      switch posted {
      case nil: break
      case .points(let bytes):
        let shown = request.grid == .patch ? image.patchSize : image.canvas.shown
        let points = try PointUpload(bytes, of: shown, limits: limits)
        request.selection = .points(points.points)
        precomputed.labels = points.labels
      case .map(let bytes):
        precomputed.map = try LinearMapUpload(bytes, dim: image.dim)
      }
    } catch {
      throw FeaturizationError.posted(error)
    }
    return (request, precomputed)
  }

  /// Finds out about the field what the request needs.
  private func find(
    _ posted: RenderedOutput.Precomputed, for request: FeatureRequest, _ image: EncodedImage,
    _ record: FieldRecord, _ owner: Owner
  ) async throws -> RenderedOutput.Precomputed {
    var precomputed = posted
    precomputed.guided = try await guided(image, record, owner)
    if request.components != nil {
      precomputed.basis = try await basis(for: request, image, precomputed.guided, record, owner)
    }
    if request.output == .similarity {
      let field = image.features(record.request, precomputed.guided)
      let derived = try await derived(.norms, of: record, request.grid) { [readers] in
        .norms(Norms(of: field, workers: readers))
      }
      if case .norms(let norms) = derived { precomputed.norms = norms }
    }
    if request.output == .foreground {
      let derived = try await derived(.entropy, of: record, request.grid) { [readers] in
        .entropy(LocalEntropy(of: image.grey, size: image.canvas.shown, workers: readers))
      }
      if case .entropy(let entropy) = derived { precomputed.entropy = entropy }
    }
    return precomputed
  }

  /// The components of the field, or of the one that the request names.
  private func basis(
    for request: FeatureRequest, _ image: EncodedImage, _ guided: GuidedMap?,
    _ record: FieldRecord, _ owner: Owner
  ) async throws -> Basis? {
    var (image, guided, own, grid) = (image, guided, record, request.grid)
    if let id = request.basis {
      guard let known = try await questions.run({ [fieldCache] in fieldCache.record(of: id) })
      else {
        throw FeaturizationError.noSuchField(id)
      }
      (own, grid) = (known, .pixel)
      let foreign = try await reencodeIfMissing(known, base: known, for: owner).image
      guard foreign.dim == image.dim else {
        throw FeaturizationError.foreignBasis(dim: foreign.dim, wanted: image.dim)
      }
      (image, guided) = (foreign, try await self.guided(foreign, known, owner))
    }
    let (source, map, known, positions) = (image, guided, own, grid)
    let derived = try await derived(.basis, of: known, grid) { [readers] in
      let field =
        positions == .patch
        ? source.patches(of: \.patches) : source.features(known.request, map)
      guard let basis = try? Basis(of: field, workers: readers) else {
        throw FeaturizationError.noComponents
      }
      return .basis(basis)
    }
    guard case .basis(let basis) = derived else { return nil }
    return basis
  }

  /// What the model's upsampler makes of a field's encodings; `nil` where the field asks for none.
  ///
  /// Its weights count among the bytes that are held, as long as they are made and as long as an
  /// answer is.
  private func guided(
    _ image: EncodedImage, _ record: FieldRecord, _ owner: Owner
  ) async throws -> GuidedMap? {
    guard record.request.upsampling == .jbu else { return nil }
    let bytes = computation.guidedBytes(of: image)
    let reservation = try await Reservation(
      in: questions, .init(seconds: 1, bytes: bytes, owner: owner))
    defer { reservation.finish() }
    let derived = try await derived(.guided, of: record, .pixel) { [computation, readers] in
      .guided(try computation.guided(image, on: readers))
    }
    if case .guided(let guided) = derived { return guided }
    return nil
  }

  /// Something about a field, made once for all who ask meanwhile and later.
  private func derived(
    _ kind: Derived.Kind, of record: FieldRecord, _ grid: FeatureRequest.Positions,
    _ make: @escaping @Sendable () throws -> Derived
  ) async throws -> Derived {
    let name = Derived.Name(field: record.name, grid: grid, kind: kind)
    if let here = fieldCache.derivedInMemory(name) { return here }
    return try await derivations.value(for: name) { [questions, fieldCache] in
      let made = try await questions.run(make)
      fieldCache.hold(made, as: name)
      return made
    }
  }

  /// What is held while a request is answered, and the encodings where the memory's budget does
  /// not count them.
  private func demand(
    of request: FeatureRequest, _ image: EncodedImage, _ precomputed: RenderedOutput.Precomputed,
    _ owner: Owner
  ) -> AdmissionQueue.Demand {
    let own = fieldCache.encodedInMemory(image.record) == nil ? image.bytes : 0
    return AdmissionQueue.Demand(
      seconds: 0.1, bytes: request.bytes(of: image, precomputed) + own, owner: owner)
  }
}
