import Backlog
import BacklogLaws
import BacklogSQL
import Foundation
import Glibc
import Support

/// Many small jobs at an even pace, for as long as is asked: whether anything grows.
///
/// Ended jobs are kept for two minutes, so that as many are deleted as are submitted.
struct Soaking {
  let place: Place
  let jobs: Int
  let seconds: Int

  private static let batch = 50
  private static let kept = 120.0

  func run() throws {
    var policy = BacklogPolicy()
    policy.kept = Soaking.kept
    if place.isServer { policy.lease = 30 }
    try place.empty()
    let backlog = try place.open(policy: policy)
    defer { backlog.close() }
    let clock = ContinuousClock()
    let start = clock.now
    let end = start.advanced(by: .seconds(seconds))
    let (done, times) = (Box(0), Box([Double]()))
    inThreads(5) { number in
      switch number {
      case 0: submit(to: backlog, from: start, until: end)
      case 1: sweep(backlog, until: end)
      case 2: report(backlog, from: start, until: end, done, times)
      default: work(on: backlog, until: end, done, times)
      }
    }
    Laborer.tell("\(done.value) jobs done in \(seconds) s")
  }

  private func submit(
    to backlog: any JobBacklog, from start: ContinuousClock.Instant,
    until end: ContinuousClock.Instant
  ) {
    let clock = ContinuousClock()
    var taken = 0
    while clock.now < end, taken < jobs {
      let due = Int(Double(jobs) * ((clock.now - start) / .seconds(seconds)))
      guard taken < due else {
        usleep(20_000)
        continue
      }
      let some = min(Soaking.batch, jobs - taken)
      let owner = "client \(taken / Soaking.batch % 5)"
      if (try? backlog.enqueue(Samples.batch(taken..<taken + some, owner: owner))) != nil {
        taken += some
      }
    }
  }

  private func work(
    on backlog: any JobBacklog, until end: ContinuousClock.Instant, _ done: Box<Int>,
    _ times: Box<[Double]>
  ) {
    let clock = ContinuousClock()
    guard let worker = try? backlog.join(Samples.worker()) else { return }
    var beaten = clock.now
    while clock.now < end {
      if clock.now - beaten > .seconds(5) {
        _ = try? backlog.beat(worker, [])
        beaten = clock.now
      }
      let began = clock.now
      guard let claim = try? backlog.claim(worker, Samples.room()).first else {
        usleep(20_000)
        continue
      }
      let time = (clock.now - began) / .milliseconds(1)
      times.update { $0.append(time) }
      if (try? backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))) == true {
        done.update { $0 += 1 }
      }
    }
  }

  private func sweep(_ backlog: any JobBacklog, until end: ContinuousClock.Instant) {
    while ContinuousClock().now < end {
      _ = try? backlog.sweep()
      sleep(10)
    }
  }

  /// A line every minute.
  private func report(
    _ backlog: any SQLTransactions, from start: ContinuousClock.Instant,
    until end: ContinuousClock.Instant, _ done: Box<Int>, _ times: Box<[Double]>
  ) {
    let clock = ContinuousClock()
    var minute = 0
    while clock.now < end {
      minute += 1
      let next = min(start.advanced(by: .seconds(60 * minute)), end)
      while clock.now < next { usleep(100_000) }
      var some: [Double] = []
      times.update { all in
        some = all.sorted()
        all = []
      }
      let counts = try? backlog.counts()
      let rows = JobState.allCases.reduce(0) { $0 + (counts?.count($1) ?? 0) }
      let place = { (share: Double) in
        some.isEmpty ? 0 : some[min(some.count - 1, Int(Double(some.count) * share))]
      }
      Laborer.tell(
        String(
          format:
            "minute %d: %d done, %d rows, waiting %d, file %.1f MiB, resident %.1f MiB, claim "
            + "median %.2f ms, 99th %.2f ms", minute, done.value, rows,
          counts?.count(.waiting) ?? 0, Double(bytes) / 1_048_576, resident, place(0.5), place(0.99)
        ))
    }
  }

  /// Bytes of the file and its log.
  private var bytes: Int {
    guard !place.isServer else { return 0 }
    return ["", "-wal"].reduce(0) { sum, end in
      let file = try? FileManager.default.attributesOfItem(
        atPath: "\(place.text)/jobs.sqlite\(end)")
      return sum + ((file?[.size] as? NSNumber)?.intValue ?? 0)
    }
  }

  /// Memory of this process, in MiB.
  private var resident: Double {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  }
}
