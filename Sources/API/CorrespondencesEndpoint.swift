import Featurization
import Files
import Foundation
import HTTP1
import HTTPTypes

/// `/correspondences`: places of two fields that show the same.
struct CorrespondencesEndpoint: Sendable {
  private let queries: QueryService

  init(_ services: Services) {
    queries = services.queries
  }

  func match(_ context: RequestContext) -> Answering {
    .work { body in
      let found = try await queries.correspondences(
        try MatchDocument(body).request(), for: context.owner)
      return Response(
        status: .ok,
        fields: [.contentType: "application/json", .cacheControl: "no-store"],
        body: .bytes(json(found)))
    }
  }
}

/// The JSON of a request to match two fields.
private struct MatchDocument: Decodable {
  let a: String
  let b: String
  let pairs: Int?
  let centre: Bool?
  let debias: Int?

  private static let longest = 64 << 10

  init(_ body: [UInt8]) throws(Problem) {
    guard body.count <= MatchDocument.longest else {
      throw Problem(
        413, "too-much-json", "The JSON has \(body.count) bytes",
        "The JSON has \(body.count) bytes; the limit is \(MatchDocument.longest)")
    }
    do {
      self = try JSONDecoder().decode(MatchDocument.self, from: Data(body))
    } catch {
      throw MatchDocument.malformed(
        "it has the ids of two fields as a and b, and may have pairs, centre and debias")
    }
  }

  func request() throws(Problem) -> MatchRequest {
    guard let a = Digest(hex: a) else { throw MatchDocument.malformed("a is no field's id") }
    guard let b = Digest(hex: b) else { throw MatchDocument.malformed("b is no field's id") }
    let pairs = pairs ?? MatchRequest.usualPairs
    let debias = debias ?? MatchRequest.usualDebias
    guard MatchRequest.pairBounds.contains(pairs) else {
      throw MatchDocument.malformed("pairs is \(MatchDocument.words(MatchRequest.pairBounds))")
    }
    guard MatchRequest.debiasBounds.contains(debias) else {
      throw MatchDocument.malformed("debias is \(MatchDocument.words(MatchRequest.debiasBounds))")
    }
    return MatchRequest(
      a: a, b: b, pairs: pairs, isCentred: centre ?? true, debias: debias)
  }

  private static func words(_ bounds: ClosedRange<Int>) -> String {
    "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
  }

  private static func malformed(_ reason: String) -> Problem {
    Problem(
      422, "malformed-matching", "The JSON is no request to match two fields",
      "The JSON: \(reason)")
  }
}
