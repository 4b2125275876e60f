package import Files

/// Everything about one job that its owner or a worker may see.
package struct JobDocument: Hashable, Sendable {
  package var id: JobID
  /// Grows with each submission.
  package var sequence: Int
  package var owner: JobOwner
  package var jobClass: JobClass
  package var batch: BatchID?
  /// Its index in its batch.
  package var place: Int?
  package var order: JobOrder
  package var trace: String?

  package var state = JobState.waiting
  /// Grows with every visible change but progress, and never goes back.
  package var version = 0
  /// How often it was claimed, which also fences what late claims write.
  package var epoch = 0
  /// How often its worker died.
  package var losses = 0
  /// The workers that died, in order.
  package var lostWorkers: [String] = []
  /// How often it was put back after a failure that may pass.
  package var tries = 0
  /// Whether somebody wants it cancelled.
  package var isCancelWished = false
  /// The incarnation that claimed it last, while it runs and after it ended.
  package var worker: String?
  /// Until when it is not claimed again, after a failure that may pass.
  package var notBefore: Timestamp?

  package var answer: JobAnswer?
  /// A problem document in JSON; a failed job without one lost its workers.
  package var problem: String?

  package var created: Timestamp
  package var started: Timestamp?
  package var ended: Timestamp?
  /// When it is forgotten or, while it waits, when it expires.
  package var expires: Timestamp?
  /// As its worker last told.
  package var progress: JobProgress?

  package init(
    id: JobID, sequence: Int, owner: JobOwner, jobClass: JobClass, batch: BatchID? = nil,
    place: Int? = nil, order: JobOrder, trace: String? = nil, created: Timestamp
  ) {
    (self.id, self.sequence, self.owner, self.jobClass) = (id, sequence, owner, jobClass)
    (self.batch, self.place, self.order, self.trace) = (batch, place, order, trace)
    self.created = created
  }

  /// Whether it failed because its workers died.
  package var isWorkerLost: Bool { state == .failed && problem == nil }
}

/// The name of what a job made, which the store holds.
package struct JobAnswer: Hashable, Sendable {
  /// The answer's own name.
  package var name: Digest
  /// Where it is asked for: the path and query of the field's output.
  package var path: String
  package var mediaType: String
  package var bytes: Int
  /// The CRC-32 of the answer's bytes, where they were at hand.
  package var crc: UInt32?
  /// The kind of arithmetic that made it.
  package var kind: String?

  package init(
    name: Digest, path: String, mediaType: String, bytes: Int, crc: UInt32? = nil,
    kind: String? = nil
  ) {
    (self.name, self.path, self.mediaType, self.bytes) = (name, path, mediaType, bytes)
    (self.crc, self.kind) = (crc, kind)
  }
}

/// How far a running job is, in blocks.
package struct JobProgress: Hashable, Sendable {
  package var job: JobID
  package var done: Int
  package var total: Int

  package init(job: JobID, done: Int, total: Int) {
    (self.job, self.done, self.total) = (job, done, total)
  }
}
