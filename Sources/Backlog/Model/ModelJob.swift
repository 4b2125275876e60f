/// A job with what only the backlog knows of it.
struct ModelJob: Sendable {
  var document: JobDocument
  /// The start tag, which says when its turn is.
  ///
  /// Source: Goyal et al. 1996.
  let turn: Double
  /// The finish tag; `nil` where it never started and takes nothing of its owner's share.
  var finish: Double?
  let key: Submission.Key?

  var place: WaitingLine.Place {
    WaitingLine.Place(jobClass: document.jobClass, turn: turn, sequence: document.sequence)
  }

  var candidate: Room.Candidate {
    Room.Candidate(
      seconds: document.order.seconds, bytes: document.order.bytes,
      isSuspect: document.losses > 0)
  }
}

struct ModelBatch: Sendable {
  var document: BatchDocument
  let key: Submission.Key?
  /// Sequence numbers of its jobs that are kept, in order.
  var members: [Int]
}

struct ModelWorker: Sendable {
  let card: WorkerCard
  var seen: Timestamp
  var isGone = false
  var progress: [JobID: JobProgress] = [:]
}
