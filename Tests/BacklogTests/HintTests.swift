import Backlog
import BacklogLaws
import Testing

@Suite("Hints") struct HintTests {
  /// What all streams that were open heard, after the backlog is closed.
  private static func heard(_ streams: AsyncStream<Hint>...) async -> [[Hint]] {
    var all: [[Hint]] = []
    for stream in streams {
      var hints: [Hint] = []
      for await hint in stream { hints.append(hint) }
      all.append(hints)
    }
    return all
  }

  @Test
  func `Hints: everybody who listens hears of work, changes and wishes`() async throws {
    let backlog = MemoryBacklog(policy: BacklogPolicy())
    let (one, other) = (backlog.hints(), backlog.hints())
    let job = try backlog.add(Samples.single(1)).id
    let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
    _ = try backlog.cancel(job, for: .all)
    _ = try backlog.finish(claim, .cancelled)
    backlog.close()
    let expected: [Hint] = [
      .work, .work, .changed(job), .changed(job), .cancel(job), .changed(job),
    ]
    #expect(await Self.heard(one, other) == [expected, expected])
    #expect(await Self.heard(backlog.hints()) == [[]])
  }

  @Test
  func `Hints: a batch tells of itself, and a refused submission of nothing`() async throws {
    var policy = BacklogPolicy()
    policy.ownerJobs = 2
    let backlog = MemoryBacklog(policy: policy)
    let batch = try #require(try backlog.enqueue(Samples.batch(0..<2)).batch)
    let stream = backlog.hints()
    #expect(throws: BacklogError.self) { try backlog.enqueue(Samples.batch(2..<4)) }
    _ = try backlog.cancelBatch(batch.id, for: .all)
    backlog.close()
    let hints = await Self.heard(stream)[0]
    #expect(hints.filter { $0 == .batchChanged(batch.id) }.count == 3 && !hints.contains(.work))
  }

  @Test
  func `Hints: a slow listener keeps the newest`() async {
    let streams = HintStreams()
    let stream = streams.stream()
    let ids = (0..<HintStreams.buffer + 10).map { number in
      JobID(at: Timestamp(milliseconds: number), random: Array(repeating: 0, count: 10))
    }
    for id in ids { streams.send([.changed(id)]) }
    streams.close()
    let hints = await Self.heard(stream)[0]
    #expect(hints.count == HintStreams.buffer && hints.last == ids.last.map { .changed($0) })
  }
}
