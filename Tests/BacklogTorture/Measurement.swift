import Backlog
import BacklogLaws
import BacklogSQL
import Foundation
import Glibc
import Support

/// Jobs a second of the engines of one machine.
struct Measurement {
  let places: [Place]

  func run() throws {
    for claimers in [1, 8, 32] {
      let memory = MemoryBacklog(policy: BacklogPolicy())
      try measure("memory", [memory], claimers)
      memory.close()
      for place in places {
        try place.empty()
        // One process has a file; of a server, each claimer stands for a process.
        let backlogs = try (0..<(place.isServer ? claimers : 1)).map { _ in try place.open() }
        try measure(place.isServer ? "PostgreSQL" : "SQLite", backlogs, claimers)
        for backlog in backlogs { backlog.close() }
      }
    }
  }

  /// Each job is claimed alone and finished, as those of some seconds are.
  private func measure(
    _ name: String, _ backlogs: [any JobBacklog], _ claimers: Int
  ) throws {
    let clock = ContinuousClock()
    let processor = Glibc.clock()
    let taking = try clock.measure {
      let owner = "\(name) \(claimers)"
      _ = try backlogs[0].enqueue(Samples.batch(0..<10_000, owner: owner))
    }
    let computing = Double(Glibc.clock() - processor) / 1e6
    let done = Box(0)
    let (claiming, finishing, beating) = (Box([Double]()), Box([Double]()), Box([Double]()))
    let end = clock.now.advanced(by: .seconds(5))
    let start = clock.now
    inThreads(claimers) { number in
      let backlog = backlogs[number % backlogs.count]
      guard let worker = try? backlog.join(Samples.worker()) else { return }
      var (claims, finishes, beats): ([Double], [Double], [Double]) = ([], [], [])
      while clock.now < end {
        let began = clock.now
        guard let claim = try? backlog.claim(worker, Samples.room()).first else { break }
        let claimed = clock.now
        let answer = Samples.answer(of: claim.job.order)
        if (try? backlog.finish(claim, .done(answer))) == true { done.update { $0 += 1 } }
        let finished = clock.now
        claims.append((claimed - began) / .milliseconds(1))
        finishes.append((finished - claimed) / .milliseconds(1))
        guard claims.count % 10 == 0 else { continue }
        _ = try? backlog.beat(worker, [])
        beats.append((clock.now - finished) / .milliseconds(1))
      }
      let mine = (claims, finishes, beats)
      claiming.update { $0 += mine.0 }
      finishing.update { $0 += mine.1 }
      beating.update { $0 += mine.2 }
    }
    let seconds = (clock.now - start) / .seconds(1)
    let times = claiming.value.sorted()
    let rate = Double(done.value) / seconds
    Laborer.tell(
      String(
        format: "%@: 10,000 jobs taken in %.2f s, of the processor %.2f; %d claimers: %.0f jobs/s, "
          + "claim median %.2f ms, 99th %.2f ms; mean of a claim %.2f, a finish %.2f, a beat %.2f ms",
        name, taking / .seconds(1), computing, claimers, rate, times[times.count / 2],
        times[times.count * 99 / 100], mean(times), mean(finishing.value), mean(beating.value)))
  }

  private func mean(_ times: [Double]) -> Double {
    times.reduce(0, +) / Double(max(times.count, 1))
  }
}
