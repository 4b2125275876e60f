extension ModelBacklog {
  package mutating func join(_ card: WorkerCard, at now: Timestamp) -> Incarnation {
    let worker = Incarnation(of: card, random: random(8))
    workers[worker] = ModelWorker(card: card, seen: now)
    hint(.work)
    return worker
  }

  package mutating func leave(_ worker: Incarnation, at now: Timestamp) {
    guard workers[worker]?.isGone == false else { return }
    for job in held(by: worker) { giveBack(job, at: now) }
    workers[worker]?.isGone = true
    workers[worker]?.seen = now
    workers[worker]?.progress = [:]
  }

  package mutating func beat(
    _ worker: Incarnation, _ progress: [JobProgress], at now: Timestamp
  ) -> Verdict {
    guard workers[worker]?.isGone == false else { return .gone }
    workers[worker]?.seen = now
    workers[worker]?.progress = Dictionary(progress.map { ($0.job, $0) }) { first, _ in first }
    let held = held(by: worker).map(\.document)
    return .alive(held: held.map(\.id), cancel: held.filter(\.isCancelWished).map(\.id))
  }

  package mutating func claim(_ worker: Incarnation, _ room: Room, at now: Timestamp) -> [Claim] {
    guard workers[worker]?.isGone == false else { return [] }
    let candidates = candidates(for: worker, room, at: now)
    let chosen = candidates.prefix(room.count(of: candidates.map(\.candidate)))
    return chosen.map { job in
      var job = job
      line.remove(job.place)
      job.document.state = .running
      job.document.epoch += 1
      job.document.version += 1
      job.document.worker = worker.name
      job.document.notBefore = nil
      job.document.expires = nil
      job.document.started = job.document.started ?? now
      jobs[job.document.sequence] = job
      running.insert(job.document.sequence)
      hint(.changed(job.document.id))
      return Claim(worker: worker, job: job.document)
    }
  }

  /// The first waiting jobs that a worker may run, each by itself.
  private func candidates(for worker: Incarnation, _ room: Room, at now: Timestamp) -> [ModelJob] {
    let others = running.compactMap { jobs[$0]?.document }.filter { $0.worker != worker.name }
    let underWay = Set(others.map(\.order.work))
    var found: [ModelJob] = []
    for place in line.places where found.count < Room.largestClaim {
      guard let job = jobs[place.sequence] else { continue }
      let document = job.document
      let isRipe = document.notBefore.map { $0 <= now } ?? true
      let fits =
        room.weights.contains(document.order.weights) && document.order.bytes <= room.bytes
        && document.order.seconds <= room.secondsLeft
      if isRipe, fits, !underWay.contains(document.order.work) { found.append(job) }
    }
    return found
  }

  package mutating func finish(
    _ claim: Claim, _ outcome: JobOutcome, at now: Timestamp
  ) -> Bool {
    guard var job = job(of: claim) else { return isEnded(by: claim) }
    switch outcome {
    case .done(let answer):
      job.document.answer = answer
      end(job, as: .done, at: now)
    case .failed(let problem):
      job.document.problem = problem
      end(job, as: .failed, at: now)
    case .retry(let problem): retry(job, problem, at: now)
    case .cancelled: giveBack(job, at: now)
    }
    return true
  }

  /// Whether a claim ended its job before, and only the answer was lost.
  private func isEnded(by claim: Claim) -> Bool {
    guard let job = job(claim.id, for: .all)?.document else { return false }
    return job.state.isEnded && job.epoch == claim.epoch && job.worker == claim.worker.name
  }

  private mutating func retry(_ job: ModelJob, _ problem: String, at now: Timestamp) {
    var job = job
    if job.document.isCancelWished {
      end(job, as: .cancelled, at: now)
    } else if job.document.tries + 1 > policy.tries {
      job.document.problem = problem
      end(job, as: .failed, at: now)
    } else {
      job.document.tries += 1
      job.document.notBefore = now.advanced(by: policy.delay(afterTries: job.document.tries))
      requeue(job)
    }
  }

  package mutating func release(_ claim: Claim, at now: Timestamp) -> Bool {
    guard let job = job(of: claim) else { return false }
    giveBack(job, at: now)
    return true
  }

  /// Puts a running job back uncounted, or cancels it where somebody wants that.
  private mutating func giveBack(_ job: ModelJob, at now: Timestamp) {
    if job.document.isCancelWished {
      end(job, as: .cancelled, at: now)
    } else {
      requeue(job)
    }
  }

  package func claims(of worker: Incarnation) -> [Claim] {
    held(by: worker).map { Claim(worker: worker, job: $0.document) }
  }

  /// What a worker runs, in order of submission.
  private func held(by worker: Incarnation) -> [ModelJob] {
    running.sorted().compactMap { jobs[$0] }.filter { $0.document.worker == worker.name }
  }
}
