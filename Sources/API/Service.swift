import Backlog
package import Featurization
package import HTTP1
import HTTPTypes
package import Jobs
import Scheduling
import Segmentation
import Synchronization

/// The HTTP API: takes requests and gives responses, independently of sockets.
package final class Service: Handler {
  /// The maximum bytes of a body that is not needed; it is read and discarded.
  package static let needlessBody = 64 * 1024

  /// The operator's policy and the clients' requests in progress.
  private struct State {
    var policy: AccessPolicy
    var usage = UsageTracker()
    var streams = UsageTracker()
  }

  let services: Services
  let uploadLimits: UploadLimits
  let features: FeaturesEndpoint
  let fields: FieldsEndpoint
  let labels: LabelsEndpoint
  let images: ImagesEndpoint
  let classifiers: ClassifiersEndpoint
  let clusters: ClustersEndpoint
  let correspondences: CorrespondencesEndpoint
  let search: SearchEndpoint
  let listings: ListingsEndpoint
  let inference: InferenceEndpoint
  /// Durable jobs; `nil` where none are kept.
  let jobs: JobService?
  let metrics: MetricsEndpoint
  /// The API's OpenAPI document.
  let document: [UInt8]
  private let counters: ServiceMetrics
  private let bodyLimit: Int
  private let state: Mutex<State>
  let isDraining = Atomic<Bool>(false)
  private let observe: @Sendable (AccessRecord) -> Void
  private let random: @Sendable () -> UInt64

  /// Creates the API.
  ///
  /// `document` is the OpenAPI document, `bodyLimit` the maximum bytes of an image or a form.
  /// `metrics` and `observe` receive every request's record when its answer is complete, on any
  /// thread.
  package init(
    services: Services, bodyLimit: Int, uploads: UploadLimits = UploadLimits(),
    document: [UInt8], build: Build, metrics: ServiceMetrics,
    policy: AccessPolicy = AccessPolicy(),
    jobs: JobService? = nil,
    random: @escaping @Sendable () -> UInt64 = RequestIDGenerator().next,
    observe: @escaping @Sendable (AccessRecord) -> Void = { _ in }
  ) {
    self.services = services
    self.jobs = jobs
    uploadLimits = uploads
    features = FeaturesEndpoint(services, uploads)
    fields = FieldsEndpoint(services, uploads)
    labels = LabelsEndpoint(services, uploads)
    images = ImagesEndpoint(services.images)
    classifiers = ClassifiersEndpoint(services)
    clusters = ClustersEndpoint(services)
    correspondences = CorrespondencesEndpoint(services)
    search = SearchEndpoint(services, uploads)
    listings = ListingsEndpoint(services, uploads)
    inference = InferenceEndpoint(services: services, limits: uploads, version: build.version)
    self.metrics = MetricsEndpoint(services, metrics, build, jobs)
    counters = metrics
    self.bodyLimit = bodyLimit
    self.document = document
    self.random = random
    self.observe = observe
    state = Mutex(State(policy: policy))
  }

  /// Makes `/readyz` report that no more work is accepted.
  package func drain() {
    isDraining.store(true, ordering: .releasing)
  }

  /// Replaces the policy; requests that the former one accepted are still answered.
  ///
  /// Returns the names of tokens that are gone.
  @discardableResult
  package func update(policy: AccessPolicy) -> Set<String> {
    state.withLock { state in
      let names = { (policy: AccessPolicy) in Set(policy.tokens?.entries.map(\.name) ?? []) }
      defer { state.policy = policy }
      return names(state.policy).subtracting(names(policy))
    }
  }
}

// MARK: Admission

extension Service {
  package func admit(_ head: RequestHead) -> Admission {
    let policy = state.withLock { $0.policy }
    let found = Resource.find(head.target.path)
    let route = Result { () throws(Problem) in try found?.resource.route(head.method) }
    let known = try? route.get()
    let client = Result { () throws(Problem) in
      try policy.client(of: head, known?.access ?? .client)
    }
    let context = RequestContext(
      head, found?.resource, known, found?.name, (try? client.get()) ?? .anonymous,
      random: random
    ) { [weak self] record in
      self?.end(record)
    }
    do throws(Problem) {
      _ = try client.get()
      let answering: Answering
      if head.method == .options, let allow = allow(head, found?.resource) {
        answering = .now(Response(status: .noContent, fields: [.allow: allow]))
      } else {
        guard let route = try route.get() else { throw Problem.notFound }
        try check(context, route, policy)
        answering = try route.open(self, context)
      }
      let limit = known?.takesBody == true ? bodyLimit : Service.needlessBody
      return .accept(
        ServiceExchange(service: self, context: context, bodyLimit: limit, answering: answering))
    } catch {
      return .refuse(finish(error, context))
    }
  }

  /// The methods to answer OPTIONS with; `nil` for an unknown path.
  ///
  /// Source: RFC 9110 §9.3.7.
  private func allow(_ head: RequestHead, _ resource: Resource?) -> String? {
    head.target.path == "*" ? Resource.allowAnywhere : resource?.allow
  }

  /// Refuses early what its length or the client's quota will refuse in any case.
  private func check(
    _ context: RequestContext, _ route: Route, _ policy: AccessPolicy
  ) throws(Problem) {
    var length = 0
    if route.takesBody, case .fixed(let promised) = context.head.framing { length = promised }
    guard length <= bodyLimit else { throw Problem(.bodyTooLarge(limit: bodyLimit)) }
    guard isCharged(context),
      let (name, quota) = context.client.quota(within: policy.quota)
    else { return }
    let exceeded = state.withLock { $0.usage.exceeded(name, bytes: length, within: quota) }
    if let exceeded { throw problem(exceeded, of: quota, name) }
  }

  /// Whether a request counts against its client's quota.
  ///
  /// Those that ask how far a field is, or give it up, do not: what is made counts already.
  private func isCharged(_ context: RequestContext) -> Bool {
    guard context.route?.access == .charged else { return false }
    guard context.route?.path == Route.field, let id = context.name else { return true }
    return !services.fields.isBeingMade(id)
  }

  /// Counts a request against its client's quota until it ends.
  private func charge(_ context: RequestContext, bytes: Int) throws(Problem) {
    guard isCharged(context),
      let (name, quota) = context.client.quota(within: state.withLock { $0.policy.quota })
    else { return }
    let exceeded = state.withLock { $0.usage.begin(name, bytes: bytes, within: quota) }
    if let exceeded { throw problem(exceeded, of: quota, name) }
    context.hold(
      Charge { [weak self] in
        self?.state.withLock { $0.usage.end(name, bytes: bytes) }
      })
  }

  /// Counts an open stream against its client's quota, until the charge is let go.
  func holdStream(_ context: RequestContext) throws(Problem) -> Charge? {
    guard let name = context.client.name else { return nil }
    let (exceeded, most) = state.withLock { state in
      let most = state.policy.streams
      let quota = UsageTracker.Quota(work: most, bytes: .max)
      return (state.streams.begin(name, bytes: 0, within: quota), most)
    }
    guard exceeded == nil else {
      var problem = Problem(
        429, "token-streams", "The client has as many streams open as it may", limit: most,
        setting: "token-streams")
      problem.retryAfter = 10
      throw problem
    }
    return Charge { [weak self] in
      self?.state.withLock { $0.streams.end(name, bytes: 0) }
    }
  }

  private func problem(
    _ exceeded: UsageTracker.QuotaExceeded, of quota: UsageTracker.Quota, _ name: String
  ) -> Problem {
    Problem(exceeded, of: quota, room: services.fields.queue.predictedEnd(of: name))
  }

  private func end(_ record: AccessRecord) {
    counters.note(record)
    observe(record)
  }
}

// MARK: Answers

/// An accepted request with its handler.
private struct ServiceExchange: Exchange {
  let service: Service
  let context: RequestContext
  let bodyLimit: Int
  let answering: Answering

  func reply(to body: [UInt8]) -> Reply {
    context.begin(bytes: body.count)
    switch answering {
    case .now(let response): return .now(service.finish(response, context))
    case .work(let answer):
      return .work { await service.respond(to: body, context, answer) }
    }
  }
}

extension Service {
  fileprivate func respond(
    to body: [UInt8], _ context: RequestContext,
    _ answer: @escaping @Sendable ([UInt8]) async throws -> Response
  ) async -> Response {
    do {
      try charge(context, bytes: body.count)
      return finish(try await answer(body), context)
    } catch {
      return finish(
        Problem(any: error), context, isAbandoned: error is CancellationError || Task.isCancelled)
    }
  }

  package func refusal(of violation: ProtocolViolation) -> Response {
    let id = RequestID(offered: nil, random: random)
    var problem = Problem(violation)
    problem.instance = id.text
    var response = problem.response
    response.fields[.requestID] = id.text
    response.fields[.cacheControl] = "no-store"
    var record = AccessRecord(
      method: nil, resource: nil, path: "", query: nil, id: id.text, trace: nil, client: nil)
    record.status = problem.status
    record.problem = problem.kind
    if case .bytes(let bytes) = response.body { record.bytesOut = bytes.count }
    end(record)
    return state.withLock { $0.policy.crossOrigin }.admitted(response, answering: nil)
  }

  private func finish(
    _ problem: Problem, _ context: RequestContext, isAbandoned: Bool = false
  ) -> Response {
    var problem = problem
    problem.instance = context.id.text
    context.note(problem, isAbandoned: isAbandoned)
    var response = problem.response
    if InferenceEndpoint.owns(context.head.target.path) {
      // Its clients show an error's text under this type alone.
      response.fields[.contentType] = "application/json"
    }
    return finish(response, context)
  }

  /// Adds the header fields that every answer has.
  ///
  /// An answer without `Cache-Control` gets `no-store`.
  fileprivate func finish(_ response: Response, _ context: RequestContext) -> Response {
    var response = response
    let (policy, usage) = state.withLock { ($0.policy, $0.usage) }
    if !response.fields.contains(.cacheControl) { response.fields[.cacheControl] = "no-store" }
    if context.route?.access == .charged,
      let (name, quota) = context.client.quota(within: policy.quota)
    {
      RateLimits(quota: quota, use: usage.use(name)).add(to: &response.fields)
    }
    return policy.crossOrigin.admitted(context.carry(response), answering: context.head)
  }
}

extension CrossOrigin {
  fileprivate func admitted(_ response: Response, answering head: RequestHead?) -> Response {
    var response = response
    admit(
      to: &response, answering: head, sending: HTTPField.Name.allowedHeaders,
      reading: HTTPField.Name.exposedHeaders)
    return response
  }
}

extension Problem {
  static let notFound = Problem(
    404, "not-found", "Not found",
    "There is nothing at this path; /openapi.yaml lists what there is")

  /// The problem for any error that a request may end with.
  package init(any error: any Error) {
    switch error {
    case let error as Problem: self = error
    case let error as FeaturizationError: self.init(error)
    case let error as JobError: self.init(error)
    case let error as SelectionError: self.init(error)
    case let error as ParameterError: self.init(error)
    case let error as SegmentationError: self.init(error)
    case let error as BacklogError: self.init(error)
    case let error as JobRunnerError: self.init(error)
    case is CancellationError:
      self.init(503, "cancelled", "The request was cancelled")
    default:
      self.init(500, "internal", "Something went wrong here; the server's log may say what")
    }
  }
}
