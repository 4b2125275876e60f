import Encoders
import Fields
import Files
import Imaging
import LinearAlgebra
import Scheduling

/// A query about several pages of one image.
///
/// Each page's field is that of a request for this page alone, under the levels of all, and is
/// cached as such.
package final class PagesQuery: Sendable {
  let request: FeatureRequest
  let survey: PageSurvey
  let owner: Owner
  let service: QueryService
  /// The first page under the request's own rule for the levels.
  private let asked: FieldRecord
  private let image: [UInt8]
  private let card: ModelCard
  private let progress: WorkProgress

  init(
    _ request: FeatureRequest, of asked: FieldRecord, _ image: [UInt8], _ survey: PageSurvey,
    _ card: ModelCard, for owner: Owner, _ progress: WorkProgress, by service: QueryService
  ) {
    (self.request, self.asked, self.image, self.survey) = (request, asked, image, survey)
    (self.card, self.owner, self.progress, self.service) = (card, owner, progress, service)
  }

  var pages: ClosedRange<Int> { survey.pages }

  /// The field of the first page.
  var record: FieldRecord { asked.with(request: survey.request) }

  /// The query about one page alone.
  func query(_ page: Int) -> Query {
    let field = survey.request(of: page)
    let record = asked.with(request: field)
    service.fields.cache.note(record)
    return Query(
      request.ofPage(field),
      of: FieldSource(record: record, image: .bytes(image), plan: survey.plan(of: page)),
      base: nil, nil, for: owner, progress, by: service)
  }

  /// Runs work on one page; where a queue is full, a page after the first waits until there is room.
  ///
  /// The first page is refused as any other request would be; an answer that has begun is not given
  /// up for those that came meanwhile.
  func whenThereIsRoom<Value: Sendable>(
    for page: Int, _ work: () async throws -> Value
  ) async throws -> Value {
    while true {
      do {
        return try await work()
      } catch JobError.queueFull(_, _, let seconds) where page > pages.lowerBound {
        try await Task.sleep(for: .seconds(min(max(seconds, 0.1), PagesQuery.longestWait)))
      } catch JobError.waitedTooLong where page > pages.lowerBound {
        try Task.checkCancellation()
      }
    }
  }

  /// Seconds after which a full queue is asked again at the latest.
  private static let longestWait = 5.0

  /// Something that is found out about all pages once for all who ask.
  func derived<Value: DerivedValue>(
    _ grid: Places.Grid, _ particulars: String = "",
    _ make: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let text = "\(pages.lowerBound)-\(pages.upperBound) \(particulars)"
    return try await service.derived(DerivedName(Value.self, of: record.name(of: text), grid), make)
  }
}

extension FieldRecord {
  /// The name of something about several pages of the record's image.
  func name(of pages: String) -> Digest {
    SHA256.digest(of: Array("\(name) \(pages)".utf8))
  }
}

// MARK: Sizes

extension PagesQuery {
  /// The size of each page's field.
  func size(of grid: Places.Grid) -> Size {
    let patches = survey.plan.patches
    return switch grid {
    case .pixel: survey.plan.canvas.shown
    case .patch: Size(width: patches.columns, height: patches.rows)
    }
  }

  var dim: Int { card.channels(of: survey.request.encodeOptions) }

  /// Cells of all views of a page.
  var cells: Int { survey.plan.views.count * survey.plan.patches.count }

  /// Bytes of the image, which is read as long as pages are encoded.
  var imageBytes: Int { image.count }

  /// Bytes of an encoded page, and of what it takes to read its vectors.
  var pageBytes: Int {
    let (plan, request) = (survey.plan, survey.request)
    // Where vectors are stored as float16, they are widened beside.
    let vector = request.storageType == .float16 ? 6 * dim : 4 * dim
    let heads = card.hasClassToken ? card.heads : 0
    let attention = 4 * heads * ClassAttention.Kind.allCases.count
    let shown = plan.canvas.shown.width * plan.canvas.shown.height
    guard request.upsampling == .jbu, let upsampler = card.upsampler else {
      return cells * (vector + attention) + shown
    }
    let guide = 12 * plan.canvas.encoded.width * plan.canvas.encoded.height
    let weights = GuidedUpsampling.bytes(of: plan.patches, doublings: upsampler.doublings) ?? 0
    return cells * (vector + attention) + shown + guide + weights
  }
}
