import Access
package import Featurization
package import HTTP1
import HTTPTypes
import Jobs
import Synchronization

/// The program as its clients see it: requests in, responses out, no socket in sight.
package final class Service: Handler {
  /// Bytes of a body that comes where none is needed; it is read and dropped.
  package static let needlessBody = 64 * 1024

  /// What the operator wants, and what clients have under way.
  private struct State {
    var rules: HouseRules
    var ledger = Ledger()
  }

  let featurizer: Featurizer
  let features: FeaturesEndpoint
  let fields: FieldsEndpoint
  let images: ImagesEndpoint
  let models: ModelsEndpoint
  let metrics: MetricsEndpoint
  private let tally: Tally
  private let bodyLimit: Int
  let document: [UInt8]
  private let state: Mutex<State>
  let isDraining = Atomic<Bool>(false)
  private let observe: @Sendable (AccessRecord) -> Void
  private let random: @Sendable () -> UInt64

  /// `document` is the API's description, `bodyLimit` the bytes of an image or a form; `tally` and
  /// `observe` are told of every request when its answer has been made, on whatever thread that
  /// happens.
  package init(
    featurizer: Featurizer, bodyLimit: Int, uploads: UploadLimits = UploadLimits(),
    document: [UInt8], build: Build, tally: Tally, rules: HouseRules = HouseRules(),
    random: @escaping @Sendable () -> UInt64 = Names().next,
    observe: @escaping @Sendable (AccessRecord) -> Void = { _ in }
  ) {
    self.featurizer = featurizer
    features = FeaturesEndpoint(featurizer, uploads)
    fields = FieldsEndpoint(featurizer, uploads)
    images = ImagesEndpoint(featurizer)
    models = ModelsEndpoint(featurizer.models)
    metrics = MetricsEndpoint(featurizer, tally, build)
    self.tally = tally
    self.bodyLimit = bodyLimit
    self.document = document
    self.random = random
    self.observe = observe
    state = Mutex(State(rules: rules))
  }

  /// Says on `/readyz` that no more work is wanted.
  package func drain() {
    isDraining.store(true, ordering: .releasing)
  }

  /// Keeps other rules from now on; whoever was let in by former ones is answered.
  package func follow(_ rules: HouseRules) {
    state.withLock { $0.rules = rules }
  }

  package func admit(_ head: RequestHead) -> Admission {
    let caller = Caller(head, rules)
    do throws(Problem) {
      return .accept(bodyLimit: try judge(head, caller))
    } catch {
      return .refuse(finish(error, errand(head, caller)))
    }
  }

  package func answerAtOnce(_ request: Request) -> Response? {
    let caller = Caller(request.head, rules)
    guard (try? caller.client.get()) != nil,
      let greeting = try? greeting(request.head, caller.destination)
    else { return nil }
    return finish(greeting, errand(request.head, caller, bytes: request.body.count))
  }

  package func respond(to request: Request) async -> Response {
    let caller = Caller(request.head, rules)
    let errand = errand(request.head, caller, bytes: request.body.count)
    do {
      _ = try caller.client.get()
      try enter(errand, bytes: request.body.count)
      return finish(try await answer(request, errand), errand)
    } catch {
      return finish(
        Problem(any: error), errand, isAbandoned: error is CancellationError || Task.isCancelled)
    }
  }

  package func refusal(of violation: ProtocolViolation) -> Response {
    finish(Problem(violation), errand(nil, nil))
  }

  private var rules: HouseRules { state.withLock { $0.rules } }
}

/// Who asks for what, as the head has it.
private struct Caller {
  let destination: Result<Destination, Problem>
  let client: Result<Client, Problem>

  init(_ head: RequestHead, _ rules: HouseRules) {
    let destination = Destination.found(by: head)
    self.destination = destination
    client = Result { () throws(Problem) in
      try rules.client(of: head, try? destination.get().route)
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
      let allowance = rules.allowance.own(entry)
      let shortage = state.withLock {
        $0.ledger.shortage(entry.name, bytes: length, within: allowance)
      }
      if let shortage { throw problem(shortage, of: allowance, entry.name) }
    }
    guard hasBody else { return Service.needlessBody }
    if route == .features { try features.admit(head) }
    if route == .fields { try fields.admit(head) }
    return bodyLimit
  }

  /// Enters a request into its token's account until its errand is over.
  private func enter(_ errand: Errand, bytes: Int) throws(Problem) {
    guard errand.route?.isWork == true, case .known(let entry) = errand.client else { return }
    let allowance = rules.allowance.own(entry)
    let shortage = state.withLock {
      $0.ledger.begin(entry.name, bytes: bytes, within: allowance)
    }
    if let shortage { throw problem(shortage, of: allowance, entry.name) }
    errand.isEntered = true
  }

  private func problem(
    _ shortage: Ledger.Shortage, of allowance: Ledger.Allowance, _ name: String
  ) -> Problem {
    Problem(shortage, of: allowance, room: featurizer.queue.predictedEnd(of: name))
  }

  private func errand(_ head: RequestHead?, _ caller: Caller?, bytes: Int = 0) -> Errand {
    Errand(
      head, try? caller?.destination.get().route, (try? caller?.client.get()) ?? .anonymous,
      bytes: bytes, random: random
    ) { [weak self] record in
      self?.isOver(record)
    }
  }

  private func isOver(_ record: AccessRecord) {
    if record.isEntered, let name = record.client {
      state.withLock { $0.ledger.end(name, bytes: record.bytesIn) }
    }
    tally.note(record)
    observe(record)
  }
}

// MARK: What every answer has

extension Service {
  private func finish(
    _ problem: Problem, _ errand: Errand, isAbandoned: Bool = false
  ) -> Response {
    var problem = problem
    problem.instance = errand.id.text
    errand.note(problem, isAbandoned: isAbandoned)
    return finish(problem.response, errand)
  }

  /// Adds what belongs to every answer, whatever it is about.
  ///
  /// One that does not say how it may be kept is not to be kept.
  private func finish(_ response: Response, _ errand: Errand) -> Response {
    var response = response
    let (rules, ledger) = state.withLock { ($0.rules, $0.ledger) }
    if !response.fields.contains(.cacheControl) { response.fields[.cacheControl] = "no-store" }
    if errand.route?.isWork == true, case .known(let entry) = errand.client {
      RateLimits(allowance: rules.allowance.own(entry), use: ledger.use(entry.name))
        .add(to: &response.fields)
    }
    let carried = errand.carry(response)
    return rules.crossOrigin.admitted(carried, answering: errand.head)
  }
}

extension CrossOrigin {
  fileprivate func admitted(_ response: Response, answering head: RequestHead?) -> Response {
    var response = response
    admit(
      to: &response, answering: head, sending: HTTPField.Name.understood,
      reading: HTTPField.Name.told)
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
