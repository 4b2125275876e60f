package import Backlog
package import Files

/// Jobs, workers and answers for laws.
package enum Samples {
  package static let weights = "weights"

  package static func digest(_ text: String) -> Digest { SHA256.digest(of: Array(text.utf8)) }

  /// An order whose work is named by a number.
  package static func order(
    _ number: Int, seconds: Double = 8, bytes: Int = 1 << 20, weights: String = weights,
    name: String? = nil
  ) -> JobOrder {
    JobOrder(
      image: digest("image \(number)"), request: #"{"output":"pca","number":\#(number % 7)}"#,
      weights: weights, work: digest("work \(number)"), seconds: seconds, bytes: bytes, name: name)
  }

  package static func single(
    _ number: Int, owner: String? = "ada", jobClass: JobClass = .batch, seconds: Double = 8,
    key: Submission.Key? = nil, cancelAfter: Double? = nil
  ) -> Submission {
    Submission(
      owner: JobOwner(client: owner), jobClass: jobClass, jobs: [order(number, seconds: seconds)],
      key: key, cancelAfter: cancelAfter)
  }

  package static func batch(
    _ numbers: Range<Int>, owner: String? = "ada", seconds: Double = 8, name: String? = nil,
    key: Submission.Key? = nil
  ) -> Submission {
    Submission(
      owner: JobOwner(client: owner), jobClass: .batch, shape: .batch(name: name),
      jobs: numbers.map { order($0, seconds: seconds, name: "\($0).tif") }, key: key)
  }

  package static func worker(_ name: String = "w", weights: [String] = [weights]) -> WorkerCard {
    WorkerCard(name: name, host: "here", kind: "k", build: "b", weights: weights, runners: 2)
  }

  package static func room(_ runners: Int = 1, isIdle: Bool = true, bytes: Int = 1 << 40) -> Room {
    Room(runners: runners, bytes: bytes, weights: [weights], isIdle: isIdle)
  }

  /// The only right answer of a job.
  package static func answer(of order: JobOrder) -> JobAnswer {
    JobAnswer(
      name: digest("answer \(order.work)"), path: "/fields/\(order.work)/pca?format=png",
      mediaType: "image/png", bytes: 1000, crc: 0xDEAD_BEEF, kind: "k")
  }
}

extension Receipt {
  package var job: JobDocument? {
    if case .job(let job) = content { job } else { nil }
  }

  package var batch: BatchDocument? {
    if case .batch(let batch) = content { batch } else { nil }
  }
}

extension JobBacklog {
  /// Submits one job, which is not refused.
  package func add(_ submission: Submission) throws -> JobDocument {
    guard let job = try enqueue(submission).job else { throw BrokenLaw("receipt", "no job") }
    return job
  }

  /// A job that is there.
  package func job(_ id: JobID) throws -> JobDocument {
    guard let job = try document(id, for: .all) else { throw BrokenLaw("document", "no \(id)") }
    return job
  }

  /// The one job that is claimed.
  package func claimOne(_ worker: Incarnation, _ room: Room = Samples.room()) throws -> Claim {
    let claims = try claim(worker, room)
    guard claims.count == 1 else { throw BrokenLaw("claim", "\(claims.count) jobs") }
    return claims[0]
  }

  /// Every job that is kept, page by page.
  package func all(_ scope: JobScope = .all) throws -> [JobDocument] {
    var (jobs, after): ([JobDocument], JobQuery.Cursor?) = ([], nil)
    repeat {
      let page = try list(JobQuery(scope: scope, after: after, limit: 1000))
      jobs += page.jobs
      after = page.next
    } while after != nil
    return jobs
  }
}
