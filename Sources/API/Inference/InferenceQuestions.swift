import Featurization
import Files
import Scheduling

/// Puts what a request of the Open Inference Protocol asks to the services of this one's own paths.
///
/// One output of an image is what `POST /features` answers; else a field is made as by `POST /fields`
/// and asked for each output, so that it is computed once.
struct InferenceQuestions: Sendable {
  let services: Services
  /// The model that the path names.
  let model: String
  let owner: Owner

  /// The output that is a field's id.
  static let field = "field"

  /// Options that a field settles, or the path.
  private static let settled = [Parameter.model, .quality, .image, .output, .for].map(\.rawValue)

  private typealias Options = [Upload.Option]

  /// What the answers tell of themselves, and the outputs in the request's order.
  typealias Asked = (
    facts: [(name: String, value: String)], outputs: [(output: InferenceOutput, isBinary: Bool)]
  )

  func ask(
    _ request: InferenceRequest, _ query: [Upload.Option],
    note: ([Answer.Timing]) -> Void
  ) async throws -> Asked {
    let wanted =
      request.outputs.isEmpty
      ? [
        InferenceRequest.Wanted(
          name: OutputKind.features.name, isBinary: request.isBinary, options: [])
      ] : request.outputs
    let common = query + request.options
    for name in [Parameter.model, .image, .output].map(\.rawValue)
    where (common + wanted.flatMap(\.options)).contains(where: { $0.name == name }) {
      throw Problem(
        malformedInference:
          "\(name) is no parameter here: the path, the inputs and the outputs tell "
          + "it")
    }
    let (subject, payload) = (try request.subject, try request.payload)
    if case .image(let image) = subject, let only = wanted.first, wanted.count == 1,
      payload == nil, let asked = try direct(only, common)
    {
      let source = try await services.fields.source(image, asked.request.field)
      let answer = try await services.queries.answer(source, asked.request, for: owner)
      note(answer.timings)
      return (facts(answer), [(try await output(only.name, answer, asked), only.isBinary)])
    }
    let record = try await record(of: subject, common, note)
    return try await ask(wanted, common, payload, of: record, note)
  }

  // MARK: An image

  private typealias Question = (request: FeatureRequest, isFile: Bool)

  /// What is asked of an image; `nil` where a field is to be asked.
  private func direct(_ wanted: InferenceRequest.Wanted, _ common: Options) throws -> Question? {
    let options = common + wanted.options
    guard OutputKind.ofImages.contains(where: { $0.name == wanted.name }),
      !options.contains(where: { $0.name == Parameter.classifier.rawValue })
    else { return nil }
    let named = [
      (name: Parameter.output.rawValue, value: wanted.name),
      (name: Parameter.model.rawValue, value: model),
    ]
    return try question(options + named) { options throws(ParameterError) in
      try services.fields.request(options)
    }
  }

  /// The request that gives a tensor: an array's elements, or the pixels of a picture; with `format`
  /// the file is the answer.
  private func question(
    _ options: Options, _ parse: (Options) throws(ParameterError) -> FeatureRequest
  ) throws(ParameterError) -> Question {
    let usual = try parse(options)
    guard !options.contains(where: { $0.name == Parameter.format.rawValue }) else {
      return (usual, true)
    }
    let isColours = usual.kind == .pca && usual.format == .png
    let raw = try? parse(options + [(Parameter.format.rawValue, "raw")])
    guard let raw, !isColours else { return (usual, false) }
    return (raw, false)
  }

  // MARK: A field

  /// The field that is asked, made where an image is given.
  private func record(
    of subject: InferenceRequest.Subject, _ options: Options, _ note: ([Answer.Timing]) -> Void
  ) async throws -> FieldRecord {
    let record: FieldRecord
    switch subject {
    case .field(let id): record = try await services.fields.record(of: id)
    case .image(let image):
      let source = try await services.fields.source(image, try await fieldRequest(options))
      note(try await services.fields.keep(source, for: owner).stages)
      record = source.record
    }
    guard record.request.model == model else {
      throw Problem(
        malformedInference: "the field is one of \(record.request.model), the path names \(model)")
    }
    return record
  }

  private func fieldRequest(_ options: Options) async throws -> FieldRequest {
    var own = options.filter { option in
      Parameter(rawValue: option.name).map {
        Parameter.ofFields.contains($0) || $0 == .quality
      } ?? true
    }
    if let classifier = options.first(where: { $0.name == Parameter.classifier.rawValue }) {
      own.append((Parameter.for.rawValue, classifier.value))
    } else {
      own.append((Parameter.model.rawValue, model))
    }
    return try services.fields.fieldRequest(try await services.resolved(own))
  }

  private func ask(
    _ wanted: [InferenceRequest.Wanted], _ common: Options,
    _ payload: (outputs: [OutputKind], payload: QueryPayload)?, of record: FieldRecord,
    _ note: ([Answer.Timing]) -> Void
  ) async throws -> Asked {
    let among =
      payload?.outputs
      ?? OutputKind.ofFields + OutputKind.ofClassifiers + OutputKind.ofClusters
      + [.measurements, .suggestions]
    var asked: Asked = ([(InferenceQuestions.field, "\(record.name)")], [])
    let shared = common.filter { !InferenceQuestions.settled.contains($0.name) }
    var unused = Set(shared.map(\.name).filter(InferenceQuestions.isOfOutputs))
    for output in wanted {
      guard output.name != InferenceQuestions.field else {
        let id = InferenceOutput(output.name, text: "\(record.name)")
        asked.outputs.append((id, output.isBinary))
        continue
      }
      guard let kind = among.first(where: { $0.name == output.name }) else {
        let known = ([InferenceQuestions.field] + among.map(\.name)).joined(separator: ", ")
        throw Problem(
          malformedInference: "there is no output \(Problem.quoted(output.name)) of these inputs; "
            + "there are \(known)")
      }
      // Of several outputs each takes what is an option of it.
      let takes = { (name: String) in
        !InferenceQuestions.isOfOutputs(name) || kind.parameters.contains { $0.rawValue == name }
      }
      unused = unused.filter { !takes($0) }
      let own = output.options.map(\.name)
      let options = shared.filter { takes($0.name) && !own.contains($0.name) } + output.options
      let question = try question(options) { options throws(ParameterError) in
        try services.fields.request(options, among: [kind], of: record)
      }
      let answer = try await services.queries.answer(
        record, question.request, payload?.payload, for: owner)
      note(answer.timings)
      let isKept = wanted.filter { $0.name != InferenceQuestions.field }.count == 1
      let made = try await self.output(output.name, answer, question, isKept: isKept) {
        try await services.queries.answer(record, question.request, payload?.payload, for: owner)
      }
      asked.outputs.append((made, output.isBinary))
    }
    if let name = unused.sorted().first {
      throw Problem(malformedInference: "no output that is asked for has the parameter \(name)")
    }
    return asked
  }

  /// Whether an option is one of some outputs alone.
  private static func isOfOutputs(_ name: String) -> Bool {
    Parameter(rawValue: name).map {
      !Parameter.ofFields.contains($0) && $0 != .quality && $0 != .format
    } ?? false
  }

  // MARK: Answers

  /// An output of an answer; of several each is made again when its turn comes, so that none holds
  /// memory while it waits for another's.
  private func output(
    _ name: String, _ answer: Answer, _ question: Question, isKept: Bool = true,
    _ make: @escaping @Sendable () async throws -> Answer = { throw CancellationError() }
  ) async throws -> InferenceOutput {
    if case .stream(let stream) = answer.body { try await stream.begin(at: 0) }
    return try InferenceOutput(name, answer, isFile: question.isFile, isKept: isKept, make)
  }

  private func facts(_ answer: Answer) -> [(name: String, value: String)] {
    [(InferenceQuestions.field, "\(answer.field)"), ("precision", answer.precision)]
  }
}

extension FieldService {
  /// A request about a stored field whose model is known here.
  fileprivate func request(
    _ options: [Upload.Option], among outputs: [OutputKind], of record: FieldRecord
  ) throws(ParameterError) -> FeatureRequest {
    guard let card = models.card(named: record.request.model) else {
      throw .unknownModel(name: record.request.model, known: [])
    }
    return try request(options, among: outputs, of: record, card: card)
  }
}
