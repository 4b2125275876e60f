extension ModelBacklog {
  package func document(_ id: JobID, for scope: JobScope) -> JobDocument? {
    job(id, for: scope).map(shown)
  }

  package func list(_ query: JobQuery) -> JobPage {
    let wanted = sequences(of: query).lazy.compactMap { jobs[$0] }.filter { job in
      query.scope.contains(job.document.owner)
        && (query.states.isEmpty || query.states.contains(job.document.state))
        && (query.name == nil || query.name == job.document.order.name)
    }
    let found = Array(wanted.prefix(query.limit + 1))
    let page = found.prefix(query.limit).map(shown)
    let last = found.count > query.limit ? page.last : nil
    return JobPage(
      jobs: page, next: last.map { JobQuery.Cursor(position: query.order.position(of: $0)) })
  }

  /// The jobs behind a query's cursor, in its order.
  private func sequences(of query: JobQuery) -> [Int] {
    let after = query.after?.position
    switch query.order {
    case .newestFirst:
      let all =
        switch query.scope {
        case .owned(let owner): owned[owner, default: []]
        case .all: jobs.keys.sorted()
        }
      return all.reversed().filter { sequence in after.map { sequence < $0 } ?? true }
    case .members(let id):
      guard let batch = batches[id], query.scope.contains(batch.document.owner) else { return [] }
      return batch.members.filter { sequence in
        guard let after, let place = jobs[sequence]?.document.place else { return after == nil }
        return place > after
      }
    }
  }

  package func ahead(of id: JobID) -> JobsAhead? {
    guard let job = job(id, for: .all), job.document.state == .waiting else { return nil }
    let before = line.places.prefix(min(line.index(of: job.place), JobsAhead.limit))
    return JobsAhead(
      jobs: before.count,
      seconds: before.reduce(0) { $0 + (jobs[$1.sequence]?.document.order.seconds ?? 0) })
  }

  package func counts() -> BacklogCounts {
    var counts = BacklogCounts()
    for job in jobs.values.map(\.document) {
      counts.jobs[job.state, default: [:]][job.jobClass, default: 0] += 1
      guard job.state == .waiting else { continue }
      counts.waitingSeconds += job.order.seconds
      counts.oldestWaiting = min(counts.oldestWaiting ?? job.created, job.created)
    }
    counts.workers = workers.values.count { !$0.isGone }
    return counts
  }

  package func pins(after sequence: Int, limit: Int) -> [JobPin] {
    jobs.keys.filter { $0 > sequence }.sorted().prefix(limit).compactMap { jobs[$0] }
      .map { JobPin(of: $0.document) }
  }
}

extension JobQuery.Order {
  /// What a cursor behind a job has.
  package func position(of job: JobDocument) -> Int {
    switch self {
    case .newestFirst: job.sequence
    case .members: job.place ?? 0
    }
  }
}
