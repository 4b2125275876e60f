import API
import Featurization
import Files
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Listings of what is kept", .timeLimit(.minutes(2))) struct ListingsTests {
  /// All entries of a listing, page after page, and the number of pages.
  private func all(
    _ path: String, limit: Int, _ exchange: StubService, fields: HTTPFields = [:]
  ) async throws -> (entries: [Node], pages: Int) {
    var (entries, pages, next): ([Node], Int, String?) = ([], 0, "\(path)?limit=\(limit)")
    while let asked = next {
      let outcome = try await exchange.send(.get, asked, fields: fields)
      #expect(outcome.status == 200, "\(outcome.text)")
      let page = Node(outcome)
      let found = page[String(path.dropFirst())].items
      #expect(found.count <= limit)
      entries += found
      pages += 1
      let cursor = page["next"].text
      next = cursor.map { "\(path)?limit=\(limit)&after=\($0)" }
      #expect(outcome["Link"] == next.map { "<\($0)>; rel=\"next\"" })
    }
    return (entries, pages)
  }

  @Test func `Listings: fields and images are there once, in pages of any size`() async throws {
    let exchange = StubService()
    var (ids, images): ([String], [String]) = ([], [])
    for number in 0..<5 {
      let picture = try Raster.noise(30, 20, seed: UInt64(number)).png()
      images.append(SHA256.digest(of: picture).imageName)
      ids.append(try await exchange.field(picture, "quality=draft"))
      _ = try await exchange.send(.post, "/images", picture)
    }
    for limit in [1, 2, 5, 1000] {
      let fields = try await all("/fields", limit: limit, exchange)
      #expect(fields.entries.compactMap { $0["id"].text } == ids.sorted())
      #expect(Set(fields.entries.compactMap { $0["image"].text }) == Set(images))
      #expect(fields.entries.allSatisfy { $0["request"]["stride"].number == 14 })
      #expect(fields.pages == (5 + limit - 1) / limit)
      let kept = try await all("/images", limit: limit, exchange)
      #expect(kept.entries.compactMap { $0["image"].text } == images.sorted())
      #expect(kept.entries.allSatisfy { ($0["bytes"].number ?? 0) > 100 })
    }
    #expect(Node(try await exchange.send(.get, "/classifiers"))["classifiers"].items.isEmpty)
  }

  @Test func `Listings: with tokens a client is told of what is of its own images`() async throws {
    var list = TokenList()
    let day = Date(timeIntervalSince1970: 1_763_700_000)
    let tokens = try [
      list.add("ada", created: day), list.add("bob", created: day),
      list.add("ops", created: day, role: .operator),
    ]
    let exchange = StubService(StubFeaturizer(), policy: AccessPolicy(tokens: list))
    func fields(_ client: Int) -> HTTPFields { [.authorization: "Bearer \(tokens[client])"] }
    for (number, client) in [(1, 0), (2, 0), (3, 1)] as [(UInt64, Int)] {
      let picture = try Raster.noise(30, 20, seed: number).png()
      _ = try await exchange.send(.post, "/images", picture, fields: fields(client))
      let made = Node(
        try await exchange.send(
          .post, "/fields?quality=draft", picture, fields: fields(client)))
      let id = try #require(made["id"].text)
      var labels = [UInt8](repeating: 0, count: 600)
      (labels[31], labels[399]) = (1, 2)
      let posted = try Raster(
        size: Size(width: 30, height: 20), channels: 1, samples: .uint8(labels)
      ).png()
      let trained = try await exchange.send(
        .post, "/fields/\(id)/segmentation", posted, fields: fields(client))
      #expect(trained.status == 200)
    }
    for (client, expected) in [(0, 2), (1, 1), (2, 3)] {
      for path in ["/fields", "/images", "/classifiers"] {
        let found = try await all(path, limit: 1, exchange, fields: fields(client))
        #expect(found.entries.count == expected, "\(path) of \(client)")
      }
    }
    let one = try await all("/classifiers", limit: 9, exchange, fields: fields(1)).entries[0]
    #expect(one["of"].text == "pixels" && one["images"].number == 1)
    #expect(one["classes"].items.compactMap { $0["id"].number } == [1, 2])
    #expect(one["options"]["stride"].text == "14")
  }

  @Test(arguments: [
    "/fields?limit=0", "/fields?limit=1001", "/fields?after=zebra", "/images?after=00",
    "/classifiers?limit=ten", "/fields?limit=1&limit=2",
  ])
  func `Listings: what cannot be is refused with words`(path: String) async throws {
    let refused = try await StubService().send(.get, path)
    #expect(refused.status == 400, "\(refused.text)")
  }
}
