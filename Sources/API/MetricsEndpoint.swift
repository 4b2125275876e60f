import Backlog
import Featurization
import HTTP1
import HTTPTypes
import Jobs
import Scheduling

/// The version of this program, as reported to operators.
package struct Build: Sendable, Hashable {
  package let version: String
  package let precision: String

  package init(version: String, precision: String) {
    self.version = version
    self.precision = precision
  }
}

/// `GET /metrics`: counters and gauges for Prometheus.
struct MetricsEndpoint: Sendable {
  private let services: Services
  private let serviceMetrics: ServiceMetrics
  private let build: Build
  private let jobs: JobService?
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init(
    _ services: Services, _ serviceMetrics: ServiceMetrics, _ build: Build, _ jobs: JobService?
  ) {
    self.jobs = jobs
    self.services = services
    self.serviceMetrics = serviceMetrics
    self.build = build
    start = clock.now
  }

  /// Runs on a query thread, since reading procfs blocks.
  var answering: Answering { .work { _ in try await respond() } }

  private func respond() async throws -> Response {
    let usage = try await services.queries.queue.run { ProcessUsage() }
    return Response(
      status: .ok, fields: [.contentType: Exposition.mediaType],
      body: .bytes(Array(exposition(usage, try? await jobs?.counts()).utf8)))
  }

  private func exposition(_ usage: ProcessUsage?, _ jobs: BacklogCounts?) -> String {
    var text = Exposition()
    text.gauge(
      "eyepiece_build_info", "The program: version, default model and precision.",
      [
        (
          [
            ("version", build.version), ("model", services.models.defaultName),
            ("precision", build.precision),
          ], 1
        )
      ])
    text.gauge(
      "eyepiece_uptime_seconds", "Seconds since the program began.",
      (clock.now - start) / .seconds(1))
    let counts = serviceMetrics.counts
    add(requests: counts, to: &text)
    add(work: counts, to: &text)
    add(cache: counts, to: &text)
    add(accounts: counts, to: &text)
    if let jobs { add(jobs, lost: self.jobs?.lostJobs ?? 0, to: &text) }
    text.add(serviceMetrics.cards)
    if let usage { text.add(usage) }
    return text.text
  }

  private func add(_ jobs: BacklogCounts, lost: Int, to text: inout Exposition) {
    text.gauge(
      "eyepiece_jobs", "Jobs that are kept, by state and class.",
      JobState.allCases.flatMap { state in
        JobClass.allCases.map { kind in
          (
            [("state", state.word), ("class", "\(kind)")],
            Double(jobs.jobs[state]?[kind] ?? 0)
          )
        }
      })
    text.gauge(
      "eyepiece_jobs_waiting_seconds", "Predicted seconds of the jobs that wait.",
      jobs.waitingSeconds)
    let now = Timestamp.current()
    text.gauge(
      "eyepiece_jobs_oldest_waiting_seconds", "Seconds since the oldest waiting job was taken.",
      jobs.oldestWaiting.map { max(0, now.seconds(since: $0)) } ?? 0)
    text.gauge(
      "eyepiece_workers", "Processes that work on jobs, servers among them.",
      Double(jobs.workers))
    text.counter(
      "eyepiece_lost_jobs_total",
      "Jobs whose worker died or fell silent, as far as this server noticed it first.", lost)
  }

  private func add(requests counts: ServiceMetrics.Counts, to text: inout Exposition) {
    text.gauge(
      "eyepiece_connections_open", "Connections that are open.", Double(counts.connections))
    text.counter(
      "eyepiece_ended_connections_total", "Connections that were open, by why they ended.",
      sorted(counts.ends, "end") { $0 }.map { ($0, Double($1)) })
    let requests: [(labels: Exposition.Labels, value: Double)] = counts.requests.map {
      let route = $0.resource ?? "none"
      return ([("route", route), ("status", "\($0.statusClass)xx")], Double($1))
    }
    text.counter(
      "eyepiece_requests_total", "Requests answered, by resource and class of status.",
      requests.sorted { one, other in
        (one.labels[0].value, one.labels[1].value) < (other.labels[0].value, other.labels[1].value)
      })
    text.histogram(
      "eyepiece_request_duration_seconds",
      "From a whole request to its answer's last byte, by resource.",
      sorted(counts.durations, "route") { $0 })
    text.counter(
      "eyepiece_received_bytes_total", "Bytes of requests' bodies.", counts.bytesIn)
    text.counter("eyepiece_sent_bytes_total", "Bytes of answers' bodies.", counts.bytesOut)
    text.counter(
      "eyepiece_refusals_total", "Requests answered with a problem, by its kind.",
      sorted(counts.refusals, "reason") { $0 }.map { ($0, Double($1)) })
    text.counter(
      "eyepiece_abandoned_requests_total", "Requests whose clients left before the answer.",
      counts.abandoned)
    text.counter(
      "eyepiece_cut_answers_total", "Answers that began and did not end.", counts.cut)
    text.counter(
      "eyepiece_lost_log_lines_total", "Log lines dropped since their reader was too slow.",
      counts.lostLines)
  }

  private func add(work counts: ServiceMetrics.Counts, to text: inout Exposition) {
    let queue = services.fields.queue.counts
    text.gauge("eyepiece_queue_waiting", "Jobs that wait.", Double(queue.waiting))
    text.gauge("eyepiece_queue_running", "Jobs that are computed.", Double(queue.running))
    text.gauge(
      "eyepiece_queue_held_bytes", "Bytes held by jobs and by answers being read.",
      Double(queue.heldBytes))
    text.gauge(
      "eyepiece_model_bytes", "Bytes of memory that models take.",
      Double(services.models.totalBytes))
    text.gauge(
      "eyepiece_models_waiting", "Requests that wait for a model to be read.",
      Double(services.models.waitingCount))
    text.histogram(
      "eyepiece_stage_duration_seconds",
      "How long requests were in each stage of their work; queue is the wait for it.",
      sorted(counts.stages, "stage") { $0 })
    text.counter(
      "eyepiece_cancelled_computations_total",
      "Computations cancelled since no client waited for them.", counts.cancelled)
    text.counter(
      "eyepiece_spared_blocks_total", "Transformer blocks that these did not compute.",
      counts.blocksSpared)
  }

  private func add(cache counts: ServiceMetrics.Counts, to text: inout Exposition) {
    let memory = counts.found[.memory, default: 0]
    let stored = counts.found[.disk, default: 0]
    let disk = services.diskReport
    let nowhere = counts.found[.nowhere, default: 0]
    text.counter(
      "eyepiece_cache_hits_total", "Encodings asked for that were there, by level.",
      [([("level", "memory")], Double(memory)), ([("level", "disk")], Double(stored))])
    text.counter(
      "eyepiece_cache_misses_total", "Encodings asked for that were not there, by level.",
      [
        ([("level", "memory")], Double(stored + nowhere)), ([("level", "disk")], Double(nowhere)),
      ])
    text.gauge(
      "eyepiece_cache_bytes", "Bytes that are kept, by level.",
      [
        ([("level", "memory")], Double(services.cachedBytes)),
        ([("level", "disk")], Double(disk?.bytes ?? 0)),
      ])
    text.counter(
      "eyepiece_damaged_entries_total", "Entries on disk that were not what was written.",
      disk?.damaged ?? 0)
    text.counter(
      "eyepiece_failed_writes_total", "Entries that the disk did not take.",
      disk?.failedWrites ?? 0)
    text.counter(
      "eyepiece_shared_store_total",
      "Questions to the store that machines share, by what became of them.",
      FieldEvent.SharedAnswer.words.map {
        ([("outcome", $0)], Double(counts.shared[$0, default: 0]))
      })
  }

  private func add(accounts counts: ServiceMetrics.Counts, to text: inout Exposition) {
    let accounts = sorted(counts.accounts, "token") { $0 }
    text.counter(
      "eyepiece_token_requests_total", "Requests, by token.",
      accounts.map { ($0, Double($1.requests)) })
    text.counter(
      "eyepiece_token_received_bytes_total", "Bytes of requests' bodies, by token.",
      accounts.map { ($0, Double($1.bytesIn)) })
    text.counter(
      "eyepiece_token_sent_bytes_total", "Bytes of answers' bodies, by token.",
      accounts.map { ($0, Double($1.bytesOut)) })
    text.counter(
      "eyepiece_token_encoding_seconds_total",
      "Seconds of encoding that requests waited for, by token.",
      accounts.map { ($0, $1.encodingSeconds) })
  }

  /// Samples with one label, sorted by it.
  private func sorted<Key, Value>(
    _ values: [Key: Value], _ label: String, _ name: (Key) -> String
  ) -> [(labels: Exposition.Labels, value: Value)] {
    values.map { (name($0.key), $0.value) }.sorted { $0.0 < $1.0 }.map { ([(label, $0)], $1) }
  }
}
