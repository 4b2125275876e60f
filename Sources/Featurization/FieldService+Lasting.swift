import Cache
import Encoders
package import Files
package import Scheduling

/// What a job needs of fields: they must outlive the process.
extension FieldService {
  /// The record of a kept image's field, and what making it will take.
  ///
  /// Throws as `source` does, and `FeaturizationError.noSuchImage`.
  package func prediction(
    of image: Digest, _ request: FieldRequest
  ) async throws -> (record: FieldRecord, plan: Plan) {
    let header = try await images.header(of: image, page: request.page)
    let (plan, weights, kernels) = try await computation.plan(header, request.encodings)
    return (
      FieldRecord(image: image, weights: weights, request: request, kernels: kernels), plan
    )
  }

  /// Makes a field of a kept image and keeps it on disk.
  ///
  /// Throws as `keep`, and `FeaturizationError.noRoom` where the disk does not take it.
  package func keepForGood(
    _ record: FieldRecord, for owner: Owner
  ) async throws -> FieldDescription {
    let source = FieldSource(record: record, image: .kept(record.image), plan: nil)
    let (field, _) = try await keep(source, for: owner, handingOver: true)
    guard isKeptForGood(record) else {
      throw FeaturizationError.noRoom(bytes: cache.encodedInMemory(record.encodings)?.bytes ?? 0)
    }
    return field
  }

  /// Whether a field is on disk as a whole.
  package func isKeptForGood(_ record: FieldRecord) -> Bool {
    cache.isOnDisk(record) && cache.bytesOnDisk(record.encodings) != nil
  }

  /// Keeps what a field is made from, so that its id is known for good.
  ///
  /// Throws `FeaturizationError.noRoom`.
  package func keepRecord(_ record: FieldRecord) async throws {
    let isKept = try await storage.run { [cache] in cache.keepRecord(record) }
    guard isKept else { throw FeaturizationError.noRoom(bytes: 0) }
  }

  /// Gives a field that is on disk to the machines that share; with `record` alone what it is made
  /// from.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`.
  package func publish(_ record: FieldRecord, withEncodings: Bool) async throws {
    guard let shared else { return }
    if withEncodings {
      try await shared.publish(record.encodings.name, in: FieldCache.encodings)
    }
    try await shared.publish(record.name, in: FieldCache.fields)
  }

  /// Bytes of a field's encodings, where they are at hand.
  package func encodedBytes(of record: FieldRecord) -> Int? {
    cache.encodedInMemory(record.encodings)?.bytes ?? cache.bytesOnDisk(record.encodings)
  }

  /// Blocks that are computed of a field that is being encoded, and all of them.
  package func blocks(of record: FieldRecord) -> (done: Int, total: Int)? {
    works[record]?.progress.blocks
  }
}

/// Entries of the store that jobs name.
extension Services {
  /// Bytes that jobs may still have kept for them; `nil` where nothing outlives the process.
  package var roomForJobs: Int? { disk?.pinRoom }

  /// The id of the store on disk; `nil` without one.
  package func storeID() throws -> String? { try disk?.id().description }

  /// Keeps these from being evicted, and nothing else: images, and what fields and answers are.
  package func setPins(images: Set<Digest>, fields: Set<Digest>, answers: Set<Digest>) {
    disk?.setPins(Set(Services.entries(images: images, fields: fields, answers: answers)))
  }

  /// Keeps further ones from being evicted.
  package func pin(images: Set<Digest> = [], fields: Set<Digest> = [], answers: Set<Digest> = []) {
    disk?.pin(Services.entries(images: images, fields: fields, answers: answers))
  }

  /// Lets entries be evicted again.
  package func unpin(
    images: Set<Digest> = [], fields: Set<Digest> = [], answers: Set<Digest> = []
  ) {
    disk?.unpin(Services.entries(images: images, fields: fields, answers: answers))
  }

  /// Keeps a field from being evicted, and the numbers that it is made of.
  package func pin(_ record: FieldRecord) {
    pin(fields: [record.name])
    disk?.pin([EntryName(record.encodings.name, in: FieldCache.encodings)])
  }

  /// Lets a field be evicted again.
  package func unpin(_ record: FieldRecord) {
    unpin(fields: [record.name])
    disk?.unpin([EntryName(record.encodings.name, in: FieldCache.encodings)])
  }

  /// What a job names a model's weights by: a worker must have the same.
  package func weightsName(_ model: String) -> String {
    models.card(named: model)?.sha256 ?? model
  }

  /// Those of all models whose files are here.
  package var weightsNames: [String] {
    models.cards.filter(models.isAvailable).map { weightsName($0.name) }
  }

  private static func entries(
    images: Set<Digest>, fields: Set<Digest>, answers: Set<Digest>
  ) -> [EntryName] {
    images.flatMap {
      [EntryName($0, in: ImageStore.namespace), EntryName($0, in: SenderRecords.namespace)]
    }
      + fields.map { EntryName($0, in: FieldCache.fields) }
      + answers.map { EntryName($0, in: AnswerStore.namespace) }
  }
}
