import Featurization
import Files
import HTTP1
import HTTPTypes

/// `/fields`, `/images` and `/classifiers`: what is kept, a page at a time.
struct ListingsEndpoint: Sendable {
  private let services: Services
  private let limits: UploadLimits

  init(_ services: Services, _ limits: UploadLimits) {
    (self.services, self.limits) = (services, limits)
  }

  func fields(_ context: RequestContext) throws(Problem) -> Answering {
    try list("fields", context, Digest.init(hex:), \.description) { [services] in
      try await services.keptFields(after: $0, limit: $1, for: $2)
    }
  }

  func images(_ context: RequestContext) throws(Problem) -> Answering {
    try list("images", context, Digest.init(imageName:), \.imageName) { [services] in
      try await services.keptImages(after: $0, limit: $1, for: $2)
    }
  }

  func classifiers(_ context: RequestContext) throws(Problem) -> Answering {
    try list("classifiers", context, Digest.init(hex:), \.description) { [services] in
      try await services.keptClassifiers(after: $0, limit: $1, for: $2)
    }
  }

  private static let usualLimit = 100

  /// The page that the options ask for; `read` and `write` are how names stand in cursors.
  private func list<Entry: Encodable & Sendable>(
    _ name: String, _ context: RequestContext, _ read: (String) -> Digest?,
    _ write: @escaping @Sendable (Digest) -> String,
    _ find: @escaping @Sendable (Digest?, Int, String?) async throws -> KeptPage<Entry>
  ) throws(Problem) -> Answering {
    let options = try OwnOptions(limits.options(of: context.head), among: ["limit", "after"])
    let limit = try options.number("limit", Self.usualLimit, in: Services.pageBounds)
    let after = try options.value("after", "the `next` of the page before", read)
    let client = context.isOperator ? nil : context.client.name
    return .work { _ in
      let page = try await find(after, limit, client)
      let next = page.next.map(write)
      var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-cache"]
      if let next {
        fields[.link] = "</\(name)?limit=\(limit)&after=\(next)>; rel=\"next\""
      }
      return Response(
        status: .ok, fields: fields,
        body: .bytes(json(Page(name: name, entries: page.entries, next: next))))
    }
  }

  /// The entries under the listing's name, and what `after` is for the next page.
  private struct Page<Entry: Encodable>: Encodable {
    let name: String
    let entries: [Entry]
    let next: String?

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: Key.self)
      try members.encode(entries, forKey: Key(stringValue: name))
      try members.encodeIfPresent(next, forKey: Key(stringValue: "next"))
    }
  }
}
