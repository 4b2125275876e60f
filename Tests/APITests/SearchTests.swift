import API
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Search and correspondences over HTTP", .timeLimit(.minutes(2))) struct SearchTests {
  /// A ramp of grey levels: the larger the number, the steeper.
  private func picture(_ number: Int) throws -> [UInt8] {
    let size = Size(width: 56, height: 42)
    let samples = (0..<size.width * size.height).map { place -> UInt8 in
      UInt8(clamping: 20 + (place % size.width) * number / 4 + (place / size.width) % 7)
    }
    return try Raster(size: size, channels: 1, samples: .uint8(samples)).png()
  }

  private struct Listing: Decodable {
    struct Result: Decodable {
      let field: String
      let image: String
      let cosine: Double
    }

    let descriptor: String
    let among: Int
    let results: [Result]
  }

  private func listing(_ outcome: StubService.Outcome) throws -> Listing {
    #expect(outcome.status == 200)
    return try JSONDecoder().decode(Listing.self, from: Data(outcome.body))
  }

  @Test(arguments: ["cls", "mean", "gem", "max", "vlad"])
  func `Search: the field's image is left out, and the nearest come first`(kind: String)
    async throws
  {
    let exchange = StubService()
    var ids: [String] = []
    for number in 1...5 { ids.append(try await exchange.field(picture(number), "scale=none")) }
    // A second field of one of them counts once.
    _ = try await exchange.field(picture(2), "scale=none&flips=none")
    let found = try await listing(
      exchange.send(.get, "/search?field=\(ids[0])&descriptor=\(kind)"))
    #expect(found.descriptor == kind && found.among == 4 && found.results.count == 4)
    #expect(!found.results.map(\.field).contains(ids[0]))
    #expect(found.results.map(\.cosine) == found.results.map(\.cosine).sorted(by: >))
    #expect(Set(found.results.map(\.image)).count == 4)
    let two = try await listing(
      exchange.send(.get, "/search?field=\(ids[0])&descriptor=\(kind)&top=2"))
    #expect(two.results.map(\.image) == found.results.prefix(2).map(\.image) && two.among == 4)
  }

  @Test(arguments: [0, 1 << 12, 1 << 26])
  func `Search: answers are the same whatever memory has room for, and after a restart`(memory: Int)
    async throws
  {
    let folder = TemporaryFolder()
    func exchange() async throws -> StubService {
      StubService(
        StubFeaturizer(memory: memory, disk: try await folder.store(budget: 1 << 26)),
        policy: AccessPolicy())
    }
    var ids: [String] = []
    func found(_ exchange: StubService, _ kind: String = "cls") async throws -> Listing {
      try await listing(exchange.send(.get, "/search?field=\(ids[0])&descriptor=\(kind)"))
    }
    var former: [(String, Double)] = []
    for round in 1...3 {
      let exchange = try await exchange()
      for number in 3 * round - 2...3 * round {
        ids.append(try await exchange.field(picture(number), "scale=none"))
        // Not to be compared.
        _ = try await exchange.field(picture(number), "model=stub16")
      }
      let first = try await found(exchange)
      _ = try await found(exchange, "gem")
      let again = try await found(exchange)
      let now = first.results.map { ($0.field, $0.cosine) }
      #expect(
        first.among == 3 * round - 1 && Set(first.results.map(\.field)) == Set(ids.dropFirst()))
      #expect(now.elementsEqual(again.results.map { ($0.field, $0.cosine) }, by: ==))
      for (field, cosine) in former {
        #expect(first.results.contains { $0.field == field && $0.cosine == cosine })
      }
      former = now
    }
  }

  @Test func `Search: an image that is sent is found again, and nothing of it is kept`()
    async throws
  {
    let exchange = StubService()
    for number in 1...3 { _ = try await exchange.field(picture(number)) }
    let query = "/search?quality=draft&flips=none"
    let again = try await listing(exchange.send(.post, query, picture(2)))
    #expect(again.among == 3 && abs((again.results.first?.cosine ?? 0) - 1) < 1e-5)
    let other = try await listing(exchange.send(.post, query, picture(4)))
    #expect(other.among == 3 && other.results.count == 3)
    let none = try await listing(
      exchange.send(.post, query + "&layer=0", picture(2)))
    #expect(none.among == 0, "another layer's vectors cannot be compared")
  }

  @Test func `Search: with tokens a client is told of its own images alone`() async throws {
    var list = TokenList()
    let day = Date(timeIntervalSince1970: 1_763_700_000)
    let tokens = try [list.add("ada", created: day), list.add("bob", created: day)]
    let exchange = StubService(StubFeaturizer(), policy: AccessPolicy(tokens: list))
    func fields(_ client: Int) -> HTTPFields { [.authorization: "Bearer \(tokens[client])"] }
    for (number, client) in [(1, 0), (2, 0), (3, 1), (4, 1), (4, 0)] {
      let made = try await exchange.send(
        .post, "/fields?quality=draft", picture(number), fields: fields(client))
      #expect([200, 201].contains(made.status))
    }
    func found(_ client: Int) async throws -> Int {
      try await listing(
        exchange.send(.post, "/search?quality=draft", picture(5), fields: fields(client))
      ).among
    }
    #expect(try await found(0) == 3)
    #expect(try await found(1) == 2)
  }

  @Test(
    arguments: [
      ("", 400, "needed-parameter"), ("?field=1", 400, "invalid-parameter"),
      ("?field=\(BadInput.zeros)", 404, "no-such-field"),
      ("?field={id}&top=0", 400, "invalid-parameter"),
      ("?field={id}&top=1001", 400, "invalid-parameter"),
      ("?field={id}&top=x", 400, "invalid-parameter"),
      ("?field={id}&descriptor=vlads", 400, "invalid-parameter"),
      ("?field={id}&stride=7", 400, "unknown-parameter"),
      ("?field={id}&field={id}", 400, "repeated-parameter"),
    ])
  func `Search: bad questions are refused in words`(query: String, status: Int, kind: String)
    async throws
  {
    let exchange = StubService()
    let id = try await exchange.field(picture(1))
    let outcome = try await exchange.send(
      .get, "/search\(query.replacing("{id}", with: id))")
    #expect(outcome.status == status && outcome.text.contains("/problems/\(kind)"))
  }

  // MARK: Correspondences

  private struct Matches: Decodable {
    struct Pair: Decodable {
      let a: [Double]
      let b: [Double]
      let cosine: Double
    }

    let cells: [Int]
    let mutual: Int
    let pairs: [Pair]
  }

  /// Noise, or a part of it from some column on.
  private func noise(from column: Int) throws -> [UInt8] {
    let whole = Raster.noise(140, 98, seed: 3)
    let size = Size(width: 112, height: 98)
    let samples = (0..<size.width * size.height).map { place in
      UInt8(whole.level(0, x: place % size.width + column, y: place / size.width) ?? 0)
    }
    return try Raster(size: size, channels: 1, samples: .uint8(samples)).png()
  }

  @Test func `Correspondences: the same places of shifted pictures are matched`() async throws {
    let exchange = StubService()
    let query = "quality=draft&scale=none"
    let a = try await exchange.field(noise(from: 0), query)
    let b = try await exchange.field(noise(from: 28), query)
    let body = Array(#"{"a":"\#(a)","b":"\#(b)","pairs":1000,"debias":0}"#.utf8)
    let outcome = try await exchange.send(.post, "/correspondences", body)
    let found = try JSONDecoder().decode(Matches.self, from: Data(outcome.body))
    #expect(found.cells == [56, 56] && found.pairs.count == found.mutual)
    let right = found.pairs.count {
      abs($0.a[0] - $0.b[0] - 28) < 7 && abs($0.a[1] - $0.b[1]) < 7
    }
    #expect(right >= 36, "\(right) of \(found.mutual)")
    let few = Array(#"{"a":"\#(a)","b":"\#(b)","pairs":5,"debias":0}"#.utf8)
    let five = try await JSONDecoder().decode(
      Matches.self, from: Data(exchange.send(.post, "/correspondences", few).body))
    #expect(five.pairs.count == 5 && five.mutual == found.mutual)
    #expect(five.pairs.map(\.cosine) == five.pairs.map(\.cosine).sorted(by: >))
    let raw = Array(#"{"a":"\#(a)","b":"\#(b)","pairs":1000,"debias":0,"centre":false}"#.utf8)
    let uncentred = try await JSONDecoder().decode(
      Matches.self, from: Data(exchange.send(.post, "/correspondences", raw).body))
    #expect(uncentred.pairs.map(\.cosine) != found.pairs.map(\.cosine))
  }

  @Test func `Correspondences: a picture of one grey level has none`() async throws {
    let exchange = StubService()
    let flat = Raster(
      size: Size(width: 112, height: 98), channels: 1,
      samples: .uint8(Array(repeating: 77, count: 112 * 98)))
    let ids = [
      try await exchange.field(noise(from: 0)), try await exchange.field(flat.png()),
    ]
    for (a, b) in [(0, 1), (1, 0)] {
      let body = Array(#"{"a":"\#(ids[a])","b":"\#(ids[b])","debias":0}"#.utf8)
      let outcome = try await exchange.send(.post, "/correspondences", body)
      #expect(outcome.status == 422 && outcome.text.contains("/problems/no-contrast"))
    }
  }

  @Test func `Correspondences: the second place is looked for between the cells' centres`()
    async throws
  {
    let exchange = StubService()
    let query = "quality=draft&scale=none"
    let a = try await exchange.field(noise(from: 0), query)
    let b = try await exchange.field(noise(from: 20), query)
    let body = Array(#"{"a":"\#(a)","b":"\#(b)","pairs":1000,"debias":0}"#.utf8)
    let found = try await JSONDecoder().decode(
      Matches.self, from: Data(exchange.send(.post, "/correspondences", body).body))
    func away(_ place: [Double]) -> Double {
      place.map { abs(($0 - 7).remainder(dividingBy: 14)) }.max() ?? 0
    }
    #expect(found.pairs.allSatisfy { away($0.a) == 0 })
    #expect(found.pairs.contains { away($0.b) > 1 })
  }

  @Test(
    arguments: [
      ("", 422, "malformed-matching"), ("{}", 422, "malformed-matching"),
      (#"{"a":"{id}"}"#, 422, "malformed-matching"),
      (#"{"a":"{id}","b":"1"}"#, 422, "malformed-matching"),
      (#"{"a":"{id}","b":"{id}","pairs":0}"#, 422, "malformed-matching"),
      (#"{"a":"{id}","b":"{id}","pairs":10001}"#, 422, "malformed-matching"),
      (#"{"a":"{id}","b":"{id}","debias":-1}"#, 422, "malformed-matching"),
      (#"{"a":"{id}","b":"{id}","debias":65}"#, 422, "malformed-matching"),
      (#"{"a":"{id}","b":"{none}"}"#, 404, "no-such-field"),
      (#"{"a":"{id}","b":"{other}"}"#, 409, "unlike-fields"),
    ])
  func `Correspondences: bad questions are refused in words`(
    body: String, status: Int, kind: String
  ) async throws {
    let exchange = StubService()
    let id = try await exchange.field(picture(1))
    let other = try await exchange.field(picture(1), "model=stub16")
    let text = body.replacing("{id}", with: id).replacing("{other}", with: other)
      .replacing("{none}", with: BadInput.zeros)
    let outcome = try await exchange.send(.post, "/correspondences", Array(text.utf8))
    #expect(outcome.status == status && outcome.text.contains("/problems/\(kind)"))
  }
}
