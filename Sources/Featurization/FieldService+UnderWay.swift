import Encoders
package import Files
package import Imaging
package import Scheduling

/// How far a field is that is made for clients who do not wait, or why it could not be made.
package struct FieldProgress: Sendable {
  package enum State: String, Sendable, Hashable, CaseIterable {
    /// It waits for a runner of the queue, or for its image.
    case waiting
    case encoding
    case failed
  }

  package let id: Digest
  /// The digest of the image file.
  package let image: Digest
  /// The field's size in pixels.
  package let size: Size
  package let state: State
  /// The part of the encoding that is done, 0…1.
  package let done: Double
  /// The predicted time of the encoding, and of what is left with the wait before it.
  package let seconds: Double
  package let secondsLeft: Double
  /// The views that can be asked already, and all of them, with repetitions.
  package let viewsDone: Int
  package let views: Int
  /// The place in the queue, counted from 1; `nil` for what does not wait there.
  package let position: Int?
  package let error: (any Error)?
}

extension FieldService {
  /// Begins to make a field for a client who does not wait, and tells how far it is.
  ///
  /// `nil` where there is nothing to wait for, or the image cannot be kept until its turn comes:
  /// `keep` then answers at once, or holds the image. `charge` is what counts against the client's
  /// quota; it is held until the field is made or given up. Throws `FeaturizationError` and
  /// `JobError` as `keep` does.
  package func begin(
    _ source: FieldSource, for owner: Owner, charge: () -> (any Sendable)?
  ) async throws -> FieldProgress? {
    let (record, encodings) = (source.record, source.record.encodings)
    guard cache.encodedInMemory(encodings) == nil, cache.bytesOnDisk(encodings) == nil else {
      return nil
    }
    if case .bytes(let bytes) = source.image {
      guard try await images.keep(bytes, of: record, from: owner.client) else { return nil }
    }
    let kept = ImageSource.kept(record.image)
    let plan =
      if let plan = source.plan {
        plan
      } else {
        try await computation.plan(images.reader(of: kept, for: owner)(), encodings.request).plan
      }
    let wanted = FieldSource(record: record, image: kept, plan: plan)
    let hasRoom = maker.begin(record, plan, for: owner.client, holding: charge()) { [self] in
      _ = try await keep(wanted, for: owner, handingOver: true)
    }
    guard hasRoom else {
      throw JobError.queueFull(.encoding, queue.limits, retryAfter: plan.seconds)
    }
    return progress(of: record.name)
  }

  /// Tells how far a field is that a job makes; `end` returns or throws when the job has ended, and is
  /// cancelled when the last client gives the field up.
  package func follow(
    _ record: FieldRecord, _ plan: Plan, for client: String?,
    until end: @escaping @Sendable () async throws -> Void
  ) -> FieldProgress {
    _ = maker.begin(record, plan, for: client, holding: nil, end)
    if let progress = progress(of: record.name) { return progress }
    let making = FieldsUnderWay.Making(record: record, plan: plan, number: 0, clients: [:])
    return FieldProgress(making, works[record.encodings], queue.forecast)
  }

  /// How far a field is; `nil` for one that is not made here for a client who does not wait.
  package func progress(of id: Digest) -> FieldProgress? {
    if let making = maker.making(id) {
      let encodings = making.record.encodings
      // Encoded already, and about to be kept.
      if let made = cache.encodedInMemory(encodings) { return FieldProgress(making, made) }
      return FieldProgress(making, works[encodings], queue.forecast)
    }
    return maker.failure(id).map { FieldProgress($0) }
  }

  /// Whether a field is being made for a client who does not wait.
  package func isBeingMade(_ id: Digest) -> Bool { maker.making(id) != nil }

  /// Waits until a field is no longer being made, for a time at most.
  package func settled(_ id: Digest, within limit: Duration) async {
    await maker.settled(id, within: limit)
  }

  /// Withdraws a client's wish for a field; its making ends with the last of them.
  ///
  /// Throws `FeaturizationError`: `fieldOfOthers`, `fieldIsMade` where nothing is to be given up, and
  /// `noSuchField`.
  package func giveUp(_ id: Digest, for client: String?) async throws {
    switch maker.leave(id, client) {
    case .cancel, .withdrawn, .forgotten: return
    case .refused: throw FeaturizationError.fieldOfOthers(id)
    case .absent:
      _ = try await record(of: id)
      throw FeaturizationError.fieldIsMade(id)
    }
  }

  /// Whether a field's encodings are being computed, or are about to be.
  func isUnderWay(_ record: FieldRecord) -> Bool {
    works[record] != nil || maker.making(record.name) != nil
  }
}

extension FieldProgress {
  fileprivate init(
    _ making: FieldsUnderWay.Making, _ work: EncodingWork?, _ forecast: [AdmissionQueue.Forecast]
  ) {
    let blocks = work?.progress.blocks ?? (done: 0, total: 0)
    let isEncoding = blocks.total > 0
    let part = isEncoding ? min(Double(blocks.done) / Double(blocks.total), 1) : 0
    let place = isEncoding ? nil : forecast.firstIndex { $0.owner == work?.owner }
    let wait = place.map { forecast[$0].start } ?? 0
    self.init(
      making, isEncoding ? .encoding : .waiting, part,
      left: wait + making.plan.seconds * (1 - part),
      viewsDone: work?.image?.viewCounts.done ?? 0, position: place.map { $0 + 1 })
  }

  fileprivate init(_ making: FieldsUnderWay.Making, _ made: EncodedImage) {
    self.init(making, .encoding, 1, left: 0, viewsDone: made.viewCounts.done)
  }

  fileprivate init(_ failure: FieldsUnderWay.Failure) {
    self.init(failure.making, .failed, 0, left: 0, viewsDone: 0, error: failure.error)
  }

  private init(
    _ making: FieldsUnderWay.Making, _ state: State, _ done: Double, left: Double, viewsDone: Int,
    position: Int? = nil, error: (any Error)? = nil
  ) {
    let (record, plan) = (making.record, making.plan)
    (id, image, size) = (record.name, record.image, plan.canvas.shown)
    (self.state, self.done) = (state, done)
    (seconds, secondsLeft) = (plan.seconds, left)
    (self.viewsDone, views) = (viewsDone, plan.views.reduce(0) { $0 + $1.count })
    (self.position, self.error) = (position, error)
  }
}
