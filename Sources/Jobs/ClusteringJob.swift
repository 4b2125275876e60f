import Backlog
import Encoders
package import Featurization
import Files
import Scheduling

/// A job's request for clusters of several fields, understood.
package struct ClusteringJob: Sendable {
  /// Seconds that each field is believed to take: when k-means ends is not known before.
  private static let secondsOfField = 1.0

  package let request: JobRequest
  private let sources: [FieldSource]
  private let clusters: JointClusters
  private let services: Services

  /// The request of what was understood already; `texts` are all that is asked for.
  package init(
    _ clusters: JointClusters, of sources: [FieldSource], texts: [(name: String, value: String)],
    by services: Services
  ) {
    let ids = sources.map { $0.record.name.description }.joined(separator: ",")
    request = JobRequest(.clusters, texts + [(JobRequest.fieldsOption, ids)])
    (self.clusters, self.sources, self.services) = (clusters, sources, services)
  }

  /// Reads a request; throws `FeaturizationError` where a field is gone.
  init(_ request: JobRequest, by services: Services) async throws {
    var found: [FieldSource] = []
    for id in request.fields {
      found.append(FieldSource(record: try await services.fields.record(of: id)))
    }
    guard let first = found.first else { throw JobRunnerError.foreignRequest }
    let texts = request.list.filter { $0.name != JobRequest.fieldsOption }
    do throws(ClusteringError) {
      clusters = try JointClusters(
        texts, of: first.record.request.model, in: services.models)
    } catch {
      throw JobRunnerError.foreignRequest
    }
    (self.request, sources, self.services) = (request, found, services)
  }

  /// What it is entered as among jobs.
  func order(at place: JobPlace) -> JobOrder {
    JobOrder(
      image: nil, request: request.json,
      weights: place.demand(services.weightsName(sources[0].record.request.model)),
      work: services.queries.name(of: clusters, in: sources),
      seconds: ClusteringJob.secondsOfField * Double(sources.count), bytes: 0)
  }

  /// Gives the fields to the machines that share.
  func publish() async throws {
    for source in sources {
      try await services.fields.publish(source.record, withEncodings: true)
    }
  }

  /// The answer, as it is kept.
  func answer(for owner: Owner, _ progress: WorkProgress) async throws -> Answer {
    let found = try await services.queries.clusters(
      of: sources, isKept: true, clusters, for: owner, progress: progress)
    return found.answer(about: sources[0].record)
  }
}
