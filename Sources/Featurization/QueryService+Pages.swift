import Encoders
import LinearAlgebra
import Scheduling

extension QueryService {
  /// Answers a request about several pages of an image.
  ///
  /// `asked` is the first page's record under the request's own rule for the levels.
  func answer(
    _ request: FeatureRequest, _ pages: PageChoice, of asked: FieldRecord, _ image: ImageSource,
    for owner: Owner, _ progress: WorkProgress
  ) async throws -> Answer {
    guard let card = fields.models.card(named: asked.request.model) else {
      throw FeaturizationError.fieldGone(asked.name)
    }
    let name = try await queue.run { asked.name(of: request) }
    var stages = Stages()
    let bytes = try await fields.bytes(of: image, for: owner)
    let survey = try await derived(
      DerivedName(PageSurvey.self, of: asked.name(of: "\(pages)"), .pixel)
    ) { [fields] in
      try await fields.survey(bytes, asked.request, pages, for: owner)
    }
    stages.end("survey")
    let query = PagesQuery(
      request, of: asked, bytes, survey, card, for: owner, progress, by: self)
    let rendering = try request.output.prepare(query)
    // Before a page is encoded: none that encodes waits for it.
    let memory = try await AnswerMemory(
      queries: queue, answers: answers, bytes: bytes.count + rendering.bytes, owner: owner)
    let rendered = try await rendering.make(
      OutputEncoder(request: request, record: query.record, threads: threads, memory: memory))
    stages.end(rendered.stage)
    var answer = Answer(
      name: name, field: query.record.name, model: asked.request.model,
      precision: asked.request.encodeOptions.precision.rawValue, shape: rendered.shape,
      format: request.format, source: survey.source, lastPage: survey.pages.upperBound,
      timings: stages.timings, body: rendered.body,
      reservation: memory.reservation(of: rendered.body))
    answer.classifier = rendered.classifier
    return answer
  }
}
