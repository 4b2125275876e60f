import API
import ArgumentParser
import Backlog
import BacklogPostgres
import Featurization
import Files
import Foundation
import Jobs
import Logging
import Scheduling

/// `eyepiece work`: works on the jobs of servers elsewhere.
struct Work: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Work on the jobs that servers have taken.",
    discussion: """
      It needs --jobs postgres://…, the servers' database, and --shared, their store; it listens at no \
      port. SIGTERM ends it: it claims no more, what runs has drain-timeout seconds, and what has not \
      ended then is given back without being counted. What it works on lies in a folder of its own \
      below TMPDIR, which goes with it.

      Exit status: 0 when it was asked to end, nothing waits (--until-empty) or its time is over \
      (--for); 1 for other reasons not to begin; 3 when --shared is not the servers' store; 4 when the \
      database is another release's; 5 when database or store did not answer for \(away.seconds) seconds.
      """)

  @Flag(help: "End when no job waits.") var untilEmpty = false
  @Option(name: .customLong("for"), help: "End after this time: 55m, 2h, 90s or seconds.")
  var time: String?

  @OptionGroup(title: "Settings") var flags: Flags

  /// How long the database or the store may be away.
  private static let away = Duration.seconds(600)
  /// The time after which a database or store that is away is tried again.
  private static let pause = Duration.seconds(2)

  func run() async throws {
    let settings = try await flags.settings()
    var limits = JobWorker.Limits()
    limits.endsWhenEmpty = untilEmpty
    limits.time = try time.map { text in
      guard let time = Duration(words: text) else {
        throw ValidationError("--for is a time such as 55m, 2h, 90s or 3300")
      }
      return time
    }
    (limits.grace, limits.away) = (settings.drainTimeout, Work.away)
    let writer = LogWriter.standard(settings.logFormat)
    defer { writer.flush() }
    var logger = Logger(label: "eyepiece")
    logger.logLevel = settings.logLevel
    let end = try await work(settings, limits, logger, until: Signals.wishToEnd())
    logger.info("Ended", metadata: ["reason": "\(end)"])
    if end == .away { throw ExitCode(WorkEnd.away) }
  }

  private func work(
    _ settings: Settings, _ limits: JobWorker.Limits, _ logger: Logger,
    until wish: some AsyncSequence<Void, Never> & Sendable
  ) async throws -> JobWorker.End {
    guard case .database(let address) = settings.workerPlace else {
      throw JobsError.noDatabase
    }
    guard settings.shared != nil else { throw JobsError.notShared }
    let folder = try WorkFolder()
    defer { folder.remove() }
    let parts = try Composition(settings, keeping: .inFolder(folder.path), logger: logger)
    let beginning = Task { try await begin(address, parts, logger) }
    // It may be asked to end while it waits for what it works with.
    let (wishes, asked) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let listener = Task {
      for await _ in wish { break }
      beginning.cancel()
      asked.yield()
    }
    defer { listener.cancel() }
    let backlog: PostgresBacklog
    do {
      backlog = try await beginning.value
    } catch is CancellationError {
      return .asked
    }
    defer { backlog.close() }
    let worker = JobWorker(
      backlog, parts.services, at: JobPlace(sharing: parts.services.arithmetic), as: machineName(),
      limits, describe: Problem.failure)
    logger.info(
      "Works on jobs",
      metadata: ["arithmetic": "\(parts.services.arithmetic)", "runners": "\(settings.workers)"])
    let end = await worker.run(until: wishes)
    parts.services.fields.queue.close()
    return end
  }

  /// Waits for the database and for the servers' store; throws `CancellationError` when its task is
  /// cancelled meanwhile.
  private func begin(
    _ address: String, _ parts: Composition, _ logger: Logger
  ) async throws -> PostgresBacklog {
    let backlog = try await database(address, parts, logger)
    do {
      try await prove(parts, of: try backlog.identity(), logger)
      try await parts.loadDefaultModel()
    } catch {
      backlog.close()
      throw error
    }
    return backlog
  }

  /// The database of jobs, which may come later.
  private func database(
    _ address: String, _ parts: Composition, _ logger: Logger
  ) async throws -> PostgresBacklog {
    let start = ContinuousClock.now
    while true {
      do {
        return try parts.database(address)
      } catch JobsError.database(.away(let reason), let shown) {
        guard ContinuousClock.now - start < Work.away else {
          logger.error("The database of jobs does not answer", metadata: ["reason": "\(reason)"])
          throw ExitCode(WorkEnd.away)
        }
        logger.warning(
          "The database of jobs does not answer",
          metadata: ["address": "\(shown)", "reason": "\(reason)"])
        try await Task.sleep(for: Work.pause)
      } catch JobsError.database(.newerSchema(let found, let known), _) {
        logger.error(
          "The database of jobs is another release's",
          metadata: ["version": "\(found)", "known": "\(known)"])
        throw ExitCode(WorkEnd.anotherRelease)
      }
    }
  }

  /// Makes sure that the store is the servers' before anything is claimed: a folder that is not mounted
  /// must not look like images that are missing.
  private func prove(_ parts: Composition, of backlog: String, _ logger: Logger) async throws {
    guard let shared = parts.services.shared else { throw JobsError.notShared }
    let start = ContinuousClock.now
    while true {
      do {
        if try await shared.has(Composition.mark(of: backlog)) {
          // That it may be written to, too.
          try await shared.publish(Array("eyepiece worker\n".utf8))
          return
        }
        logger.error(
          "This is not the store that the servers share",
          metadata: ["shared": "\(Secrets.ofAddress(parts.settings.shared ?? ""))"])
        throw ExitCode(WorkEnd.anotherStore)
      } catch FeaturizationError.sharedStoreAway {
        let address: Logger.MetadataValue = "\(Secrets.ofAddress(parts.settings.shared ?? ""))"
        guard ContinuousClock.now - start < Work.away else {
          logger.error("The shared store does not answer", metadata: ["shared": address])
          throw ExitCode(WorkEnd.away)
        }
        logger.warning("The shared store does not answer", metadata: ["shared": address])
        try await Task.sleep(for: Work.pause)
      }
    }
  }
}

/// Why a worker ended, for who started it.
private enum WorkEnd {
  static let anotherStore: Int32 = 3
  static let anotherRelease: Int32 = 4
  static let away: Int32 = 5
}

extension Settings {
  /// Where the jobs are that a worker runs, which needs no store of the settings.
  fileprivate var workerPlace: JobsPlace {
    ["postgres://", "postgresql://"].contains { self.jobs.hasPrefix($0) }
      ? .database(self.jobs) : .nowhere
  }
}

extension Duration {
  /// Reads a number with `s`, `m` or `h`, or of seconds.
  package init?(words text: String) {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? Substring(text) : text.dropLast()),
      number.isFinite, number > 0, number * (unit ?? 1) <= 1e9
    else { return nil }
    self = .seconds(number * (unit ?? 1))
  }

  fileprivate var seconds: Int { Int(self / .seconds(1)) }
}
