package import Featurization
package import HTTP1
import HTTPTypes
import Scheduling
import Synchronization

/// The program as its clients see it: requests in, responses out, no socket in sight.
package final class Service: Handler {
  /// Bytes of a body that comes where none is needed; it is read and dropped.
  package static let needlessBody = 64 * 1024

  /// What the operator wants, and what clients have under way.
  private struct State {
    var policy: AccessPolicy
    var usage = UsageTracker()
  }

  let featurizer: Featurizer
  let features: FeaturesEndpoint
  let fields: FieldsEndpoint
  let images: ImagesEndpoint
  let models: ModelsEndpoint
  let metrics: MetricsEndpoint
  private let serviceMetrics: ServiceMetrics
  private let bodyLimit: Int
  let document: [UInt8]
  private let state: Mutex<State>
  let isDraining = Atomic<Bool>(false)
  private let observe: @Sendable (AccessRecord) -> Void
  private let random: @Sendable () -> UInt64

  /// `document` is the API's description, `bodyLimit` the bytes of an image or a form;
  /// `serviceMetrics` and `observe` are told of every request when its answer has been made, on
  /// whatever thread that happens.
  package init(
    featurizer: Featurizer, bodyLimit: Int, uploads: UploadLimits = UploadLimits(),
    document: [UInt8], build: Build, serviceMetrics: ServiceMetrics,
    policy: AccessPolicy = AccessPolicy(),
    random: @escaping @Sendable () -> UInt64 = RequestIDGenerator().next,
    observe: @escaping @Sendable (AccessRecord) -> Void = { _ in }
  ) {
    self.featurizer = featurizer
    features = FeaturesEndpoint(featurizer, uploads)
    fields = FieldsEndpoint(featurizer, uploads)
    images = ImagesEndpoint(featurizer)
    models = ModelsEndpoint(featurizer.models)
    metrics = MetricsEndpoint(featurizer, serviceMetrics, build)
    self.serviceMetrics = serviceMetrics
    self.bodyLimit = bodyLimit
    self.document = document
    self.random = random
    self.observe = observe
    state = Mutex(State(policy: policy))
  }

  /// Says on `/readyz` that no more work is wanted.
  package func drain() {
    isDraining.store(true, ordering: .releasing)
  }

  /// Keeps other rules from now on; whoever was let in by former ones is answered.
  package func update(policy: AccessPolicy) {
    state.withLock { $0.policy = policy }
  }

  package func admit(_ head: RequestHead) -> Admission {
    let caller = Caller(head, policy)
    do throws(Problem) {
      return .accept(bodyLimit: try judge(head, caller))
    } catch {
      return .refuse(finish(error, context(head, caller)))
    }
  }

  package func answerAtOnce(_ request: Request) -> Response? {
    let caller = Caller(request.head, policy)
    guard (try? caller.client.get()) != nil,
      let greeting = try? greeting(request.head, caller.destination)
    else { return nil }
    return finish(greeting, context(request.head, caller, bytes: request.body.count))
  }

  package func respond(to request: Request) async -> Response {
    let caller = Caller(request.head, policy)
    let context = context(request.head, caller, bytes: request.body.count)
    do {
      _ = try caller.client.get()
      try enter(context, bytes: request.body.count)
      return finish(try await answer(request, context), context)
    } catch {
      return finish(
        Problem(any: error), context, isAbandoned: error is CancellationError || Task.isCancelled)
    }
  }

  package func refusal(of violation: ProtocolViolation) -> Response {
    finish(Problem(violation), context(nil, nil))
  }

  private var policy: AccessPolicy { state.withLock { $0.policy } }
}

/// Who asks for what, as the head has it.
private struct Caller {
  let destination: Result<Destination, Problem>
  let client: Result<Client, Problem>

  init(_ head: RequestHead, _ policy: AccessPolicy) {
    let destination = Destination.found(by: head)
    self.destination = destination
    client = Result { () throws(Problem) in
      try policy.client(of: head, try? destination.get().route)
    }
  }
}

// MARK: Who may come in

extension Service {
  /// The bytes that a request's body may have, or why it is not let in.
  private func judge(_ head: RequestHead, _ caller: Caller) throws(Problem) -> Int {
    let client = try caller.client.get()
    guard !head.asksForTheServer else { return Service.needlessBody }
    let route = try caller.destination.get().route
    let hasBody = head.method == .post || head.method == .put
    var length = 0
    if hasBody, case .fixed(let promised) = head.framing { length = promised }
    guard length <= bodyLimit else { throw Problem(.bodyTooLarge(limit: bodyLimit)) }
    if route.isWork, case .known(let entry) = client {
      let quota = policy.quota.own(entry)
      let exceeded = state.withLock {
        $0.usage.exceeded(entry.name, bytes: length, within: quota)
      }
      if let exceeded { throw problem(exceeded, of: quota, entry.name) }
    }
    guard hasBody else { return Service.needlessBody }
    if route == .features { try features.admit(head) }
    if route == .fields { try fields.admit(head) }
    return bodyLimit
  }

  /// Enters a request into its token's account until its errand is over.
  private func enter(_ context: RequestContext, bytes: Int) throws(Problem) {
    guard context.route?.isWork == true, case .known(let entry) = context.client else { return }
    let quota = policy.quota.own(entry)
    let exceeded = state.withLock {
      $0.usage.begin(entry.name, bytes: bytes, within: quota)
    }
    if let exceeded { throw problem(exceeded, of: quota, entry.name) }
    context.isCharged = true
  }

  private func problem(
    _ exceeded: UsageTracker.QuotaExceeded, of quota: UsageTracker.Quota, _ name: String
  ) -> Problem {
    Problem(exceeded, of: quota, room: featurizer.queue.predictedEnd(of: name))
  }

  private func context(_ head: RequestHead?, _ caller: Caller?, bytes: Int = 0) -> RequestContext {
    RequestContext(
      head, try? caller?.destination.get().route, (try? caller?.client.get()) ?? .anonymous,
      bytes: bytes, random: random
    ) { [weak self] record in
      self?.isOver(record)
    }
  }

  private func isOver(_ record: AccessRecord) {
    if record.isCharged, let name = record.client {
      state.withLock { $0.usage.end(name, bytes: record.bytesIn) }
    }
    serviceMetrics.note(record)
    observe(record)
  }
}

// MARK: What every answer has

extension Service {
  private func finish(
    _ problem: Problem, _ context: RequestContext, isAbandoned: Bool = false
  ) -> Response {
    var problem = problem
    problem.instance = context.id.text
    context.note(problem, isAbandoned: isAbandoned)
    return finish(problem.response, context)
  }

  /// Adds what belongs to every answer, whatever it is about.
  ///
  /// One that does not say how it may be kept is not to be kept.
  private func finish(_ response: Response, _ context: RequestContext) -> Response {
    var response = response
    let (policy, usage) = state.withLock { ($0.policy, $0.usage) }
    if !response.fields.contains(.cacheControl) { response.fields[.cacheControl] = "no-store" }
    if context.route?.isWork == true, case .known(let entry) = context.client {
      RateLimits(quota: policy.quota.own(entry), use: usage.use(entry.name))
        .add(to: &response.fields)
    }
    let carried = context.carry(response)
    return policy.crossOrigin.admitted(carried, answering: context.head)
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
  /// Whatever a request may end with.
  package init(any error: any Error) {
    switch error {
    case let error as Problem: self = error
    case let error as FeaturizationError: self.init(error)
    case let error as JobError: self.init(error)
    case let error as SelectionError: self.init(error)
    case let error as ParameterError: self.init(error)
    case is CancellationError:
      self.init(503, "cancelled", "The request was cancelled")
    default:
      self.init(500, "internal", "Something went wrong here; the server's log may say what")
    }
  }
}
