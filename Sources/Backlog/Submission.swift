package import Files

/// What one job is to do, by the names of what it needs.
package struct JobOrder: Hashable, Sendable {
  /// The image's digest; `nil` for work that needs none.
  package var image: Digest?
  /// The digest of what was posted beside the image.
  package var payload: Digest?
  /// The canonical JSON of the request; equal ones are kept once.
  package var request: String
  /// The digest of the weights, which a worker must have; behind `@`, where else than anywhere.
  package var weights: String
  /// The field's name: equal work is computed once.
  package var work: Digest
  /// Predicted seconds, finite and not negative.
  package var seconds: Double
  /// Predicted bytes of memory.
  package var bytes: Int
  /// The client's name for it: usually a file's.
  package var name: String?

  package init(
    image: Digest?, payload: Digest? = nil, request: String, weights: String, work: Digest,
    seconds: Double, bytes: Int, name: String? = nil
  ) {
    precondition(seconds.isFinite && seconds >= 0 && bytes >= 0, "\(seconds) s, \(bytes) bytes")
    (self.image, self.payload, self.request) = (image, payload, request)
    (self.weights, self.work, self.name) = (weights, work, name)
    (self.seconds, self.bytes) = (seconds, bytes)
  }
}

extension JobOrder {
  /// Whether no living worker has what a job asks for.
  ///
  /// Where none of them is at the job's place, its own may come back.
  package static func isUnserved(_ weights: String, among served: Set<String>) -> Bool {
    let place = JobOrder.place(weights)
    return !served.contains(weights)
      && (place.isEmpty || served.contains { JobOrder.place($0) == place })
  }

  private static func place(_ weights: String) -> Substring {
    weights.firstIndex(of: "@").map { weights[$0...] } ?? ""
  }
}

/// Jobs that are taken together or not at all.
package struct Submission: Hashable, Sendable {
  /// Makes a repetition of the same submission find the first.
  package struct Key: Hashable, Sendable {
    /// The client's `Idempotency-Key`.
    package let text: String
    /// The digest of everything that was submitted.
    package let print: Digest

    package init(_ text: String, print: Digest) { (self.text, self.print) = (text, print) }
  }

  package enum Shape: Hashable, Sendable {
    /// One job by itself.
    case single
    /// A batch, perhaps with a name.
    case batch(name: String?)
  }

  package var owner: JobOwner
  package var jobClass: JobClass
  package var shape: Shape
  package var jobs: [JobOrder]
  package var key: Key?
  /// Seconds after which what has not started expires.
  package var cancelAfter: Double?
  /// The `traceparent` of the request that submitted it.
  package var trace: String?

  package init(
    owner: JobOwner, jobClass: JobClass, shape: Shape = .single, jobs: [JobOrder],
    key: Key? = nil, cancelAfter: Double? = nil, trace: String? = nil
  ) {
    precondition(!jobs.isEmpty && (shape != .single || jobs.count == 1), "\(jobs.count) jobs")
    (self.owner, self.jobClass, self.shape, self.jobs) = (owner, jobClass, shape, jobs)
    (self.key, self.cancelAfter, self.trace) = (key, cancelAfter, trace)
  }
}

/// What a submission became.
package struct Receipt: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case job(JobDocument)
    case batch(BatchDocument)
  }

  package let content: Content
  /// Whether it was submitted before, under the same key.
  package let isReplayed: Bool

  package init(_ content: Content, isReplayed: Bool) {
    (self.content, self.isReplayed) = (content, isReplayed)
  }
}
