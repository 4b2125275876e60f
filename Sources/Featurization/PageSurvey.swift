import Encoders
import Fields
package import ImageCodecs
package import Imaging

/// What the pages of one request have in common, known before any of them is encoded.
struct PageSurvey: Sendable {
  let pages: ClosedRange<Int>
  /// The first page's request, with levels that hold for all pages.
  let request: FieldRequest
  /// The first page's plan, which differs from the others' in its request alone.
  let plan: Plan
  /// The first page, with the levels and counts of all.
  let source: SourceDescription

  /// The request of one page alone, whose bytes are those of the page among the others.
  func request(of page: Int) -> FieldRequest {
    var request = request
    request.page = page
    return request
  }

  func plan(of page: Int) -> Plan {
    var plan = plan
    plan.request = request(of: page).encodings
    return plan
  }
}

extension PageSurvey: DerivedValue {
  var bytes: Int { 1024 + source.notices.reduce(0) { $0 + $1.utf8.count } }
}

/// What pages must have in common to be computed together.
package struct PageForm: Sendable, Hashable {
  package let page: Int
  /// The size of the part that is looked at, before resizing.
  package let size: Size
  package let channels: Int
  package let stored: ImageHeader.Stored

  /// Whether another page has the same form.
  func isLike(_ other: PageForm) -> Bool {
    size == other.size && channels == other.channels && stored == other.stored
  }
}

/// The search for what the pages of a request have in common; it reads every page, and so finds
/// whatever could not be read later.
struct PageInspection: Sendable {
  private let file: ImageFile
  private let request: FieldRequest
  private let limits: FeaturizationLimits
  private let pages: ClosedRange<Int>
  private let header: ImageHeader
  private let plan: Plan

  /// Notices of different words that are kept.
  private static let notices = 16
  /// Seconds in which a sample is decoded and scanned, roughly.
  private static let secondsPerSample = 1e-8

  /// Reads the headers of all pages; throws what they alone show.
  init(
    _ image: [UInt8], _ request: FieldRequest, _ choice: PageChoice, encoder: any Encoder,
    limits: FeaturizationLimits
  ) throws(FeaturizationError) {
    (self.request, self.limits) = (request, limits)
    do throws(CodecError) {
      file = try ImageFile(image, limits: limits.decoding)
      pages = choice.pages(of: file.pages)
      guard pages.upperBound < file.pages else {
        throw .noSuchPage(pages.upperBound, pages: file.pages)
      }
      guard pages.count <= limits.decoding.pages else {
        throw .tooManyPages(limit: limits.decoding.pages)
      }
      header = try file.header(of: pages.lowerBound)
    } catch {
      throw .image(error)
    }
    plan = try Plan(request, header: header, encoder: encoder, limits: limits)
    let first = try form(of: pages.lowerBound)
    for page in pages.dropFirst() {
      let form = try ofPage(page) { () throws(FeaturizationError) in try self.form(of: page) }
      guard form.isLike(first) else { throw .unlikePages(first, form) }
    }
  }

  private func form(of page: Int) throws(FeaturizationError) -> PageForm {
    let header: ImageHeader
    do throws(CodecError) {
      header = try file.header(of: page)
    } catch {
      throw .image(error)
    }
    return PageForm(
      page: page, size: try reading(request, page).size(of: header), channels: header.channels,
      stored: header.stored)
  }

  /// Whether the levels have to be found among the samples.
  private var searches: Bool { request.scale.dependsOnSamples(areDeep: header.depth != .uint8) }

  /// Bytes of the one page that is in memory at a time.
  func bytes() throws(FeaturizationError) -> Int {
    let decoded = try ImageReading(request, limits: limits.decoding).bytes(of: header)
    return 2 * decoded + 24 * plan.canvas.source.width * plan.canvas.source.height
  }

  /// Predicted seconds.
  var seconds: Double {
    let samples = Double(header.size.width) * Double(header.size.height) * Double(header.channels)
    return Double(pages.count) * samples * PageInspection.secondsPerSample * (searches ? 3 : 1)
  }

  /// Reads all pages, one at a time: once for each pass of the search for the levels, and once with
  /// these.
  ///
  /// Throws `FeaturizationError`, or `CancellationError` once `progress` is cancelled.
  func survey(_ progress: WorkProgress) throws -> PageSurvey {
    var common = request
    if searches { common.scale = try scale(progress) }
    var (outside, missing, notices) = (Intensities.Outside(), 0, [String]())
    var described: SourceDescription?
    for page in pages {
      guard !progress.isCancelled else { throw CancellationError() }
      let source = try ofPage(page) { () throws(FeaturizationError) in
        try reading(common, page).intensities(file, resizedTo: plan.canvas.source).1
      }
      described = described ?? source
      outside.below += source.outside.below
      outside.above += source.outside.above
      missing += source.missing
      for notice in source.notices where notices.count < PageInspection.notices {
        if !notices.contains(notice) { notices.append(notice) }
      }
    }
    guard let first = described else { preconditionFailure("no page of \(pages)") }
    if missing > 0 {
      notices.append(
        "\(missing) pixels without data were left out of the scale and filled with the medians of "
          + "their pages")
    }
    return PageSurvey(
      pages: pages, request: common, plan: plan,
      source: SourceDescription(
        header, first.levels, outside: outside, pixelSize: first.pixelSize, missing: missing,
        notices: notices))
  }

  /// The rule that names the levels of all pages together.
  private func scale(_ progress: WorkProgress) throws -> Scale {
    var search = reading(request, pages.lowerBound).search(header)
    repeat {
      for page in pages {
        guard !progress.isCancelled else { throw CancellationError() }
        try ofPage(page) { () throws(FeaturizationError) in
          try reading(request, page).scan(file, in: &search)
        }
      }
    } while !search.endPass()
    let scale = Scale(search.levels)
    // Beyond the numbers that a request can name.
    guard Scale(scale.description) == scale else {
      throw FeaturizationError.notFinite(samples: header.size.width * header.size.height)
    }
    return scale
  }

  private func reading(_ request: FieldRequest, _ page: Int) -> ImageReading {
    var request = request
    request.page = page
    return ImageReading(request, limits: limits.decoding, isOfSeveral: true)
  }
}

/// Runs work on one of several pages, which its errors then name.
private func ofPage<Value>(
  _ page: Int, _ work: () throws(FeaturizationError) -> Value
) throws(FeaturizationError) -> Value {
  do throws(FeaturizationError) {
    return try work()
  } catch {
    throw .ofPage(page, error)
  }
}
