import Featurization
import Files
import HTTP1
import HTTPTypes
import Imaging
import Scheduling
import Segmentation

/// `/fields/{id}/labels`: what was painted into a field, of which a stroke changes a rectangle.
struct LabelsEndpoint: Sendable {
  private let queries: QueryService
  private let limits: UploadLimits

  init(_ services: Services, _ limits: UploadLimits) {
    queries = services.queries
    self.limits = limits
  }

  /// The labels as a file; its tag is the digest of their size and ids in every format.
  func get(_ context: RequestContext) throws(Problem) -> Answering {
    let options = try options(of: context, ["format"])
    let format = options["format"].map { KeptLabels.Format(rawValue: $0) } ?? .png
    guard let format else {
      throw LabelsEndpoint.invalid(
        "format is \(KeptLabels.Format.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let id = try context.named
    return .work { _ in
      let kept = try await queries.labels(of: id)
      let bytes = try await queries.queue.run { try kept.file(format) }
      let representation = Representation(
        tag: EntityTag(of: kept.digest),
        fields: [.cacheControl: "no-cache", .contentType: format.mediaType],
        content: .bytes(bytes))
      return try representation.response(to: context.head)
    }
  }

  /// Keeps a label image, shapes, or a byte for each pixel, in place of what was there.
  func put(_ context: RequestContext) throws(Problem) -> Answering {
    let options = try options(of: context, ["format"])
    let isRaw = options["format"] == KeptLabels.Format.raw.rawValue
    guard isRaw || options["format"] == nil else {
      throw LabelsEndpoint.invalid("format is raw for bytes, and left out for files")
    }
    let isDeflated = try LabelsEndpoint.isDeflated(context.head)
    let id = try context.named
    return .work { body in
      let (kept, isNew) = try await queries.keep(
        isDeflated ? .deflated(body) : isRaw ? .raw(body) : .file(body), for: id,
        if: condition(context.head), owner: context.owner)
      return response(kept, isNew ? .created : .ok)
    }
  }

  /// Replaces the bytes of a rectangle in the version that `If-Match` names.
  ///
  /// Source: RFC 5789; RFC 6585 §3.
  func patch(_ context: RequestContext) throws(Problem) -> Answering {
    let names = ["x", "y", "w", "h"]
    let options = try options(of: context, names)
    let given = names.map { options[$0] ?? "" }
    guard !given.contains(where: { $0.contains(",") }),
      let rectangle = PixelRectangle(given.joined(separator: ","))
    else { throw LabelsEndpoint.invalid("x, y, w and h are whole numbers, w and h from 1") }
    guard context.head.fields.contains(.ifMatch) else {
      throw Problem(
        428, "precondition-required", "The request needs If-Match",
        "A rectangle belongs to a version of the labels: If-Match names its ETag")
    }
    let isDeflated = try LabelsEndpoint.isDeflated(context.head)
    let id = try context.named
    return .work { body in
      let kept = try await queries.patch(
        rectangle, with: isDeflated ? .deflated(body) : .raw(body), of: id,
        if: condition(context.head))
      return response(kept, .ok)
    }
  }

  func delete(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.named
    return .work { _ in
      try await queries.removeLabels(of: id, if: condition(context.head))
      return Response(status: .noContent)
    }
  }

  private func response(_ kept: KeptLabels, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      fields: [.contentType: "application/json", .eTag: EntityTag(of: kept.digest).text],
      body: .bytes(json(LabelsListing(kept))))
  }

  /// Throws unless the labels that are there are those that a head's conditions name.
  private func condition(_ head: RequestHead) -> QueryService.LabelCondition {
    let conditions = Conditions(head)
    return { digest in
      guard conditions.verdict(on: digest.map { EntityTag(of: $0) }) == .perform else {
        throw SelectionError.preconditionFailed
      }
    }
  }

  private func options(
    of context: RequestContext, _ known: [String]
  ) throws(Problem) -> [String: String] {
    var found: [String: String] = [:]
    for (name, value) in try limits.options(of: context.head) {
      guard known.contains(name), found[name] == nil else {
        throw LabelsEndpoint.invalid("the options are \(known.joined(separator: ", ")), once each")
      }
      found[name] = value
    }
    return found
  }

  /// Whether a body is deflated in zlib's frame, the one coding that is read.
  ///
  /// Source: RFC 9110 §8.4.1.2.
  private static func isDeflated(_ head: RequestHead) throws(Problem) -> Bool {
    guard let name = head.fields[.contentEncoding]?.lowercased() else { return false }
    guard let coding = ContentCoding(rawValue: name) else {
      throw Problem(
        415, "content-coding", "A coding that is not read",
        "Content-Encoding is deflate (RFC 1950), or left out")
    }
    return coding == .deflate
  }

  private enum ContentCoding: String {
    case identity, deflate
  }

  private static func invalid(_ detail: String) -> Problem {
    Problem(400, "invalid-parameter", "Invalid parameter", detail)
  }
}

/// Kept labels' description for clients.
struct LabelsListing: Encodable {
  /// The name to train with.
  let labels: String
  let size: Size
  /// Pixels of each id but 0, by the id.
  let counts: [String: Int]
  /// Those that the labels' file names; `nil` where it has ids alone.
  let classes: [LabelClass]?

  init(_ kept: KeptLabels) {
    labels = kept.digest.imageName
    size = kept.labels.size
    let all = kept.labels.counts.enumerated().filter { $0.offset > 0 && $0.element > 0 }
    counts = Dictionary(uniqueKeysWithValues: all.map { ("\($0.offset)", $0.element) })
    classes = kept.classes.isEmpty ? nil : kept.classes
  }
}
