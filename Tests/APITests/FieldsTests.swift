import API
import Files
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Fields", .timeLimit(.minutes(2))) struct FieldsTests {
  let image: [UInt8]

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  private struct Description: Decodable {
    struct Extent: Decodable, Equatable {
      var width, height, rows, columns: Int?
    }
    struct Request: Decodable {
      let model: String
      let flips: String
      let scale: String
      let shifts: String
      let precision: String
    }
    let id: String
    let image: String
    let weights: String
    let size: Extent
    let grid: Extent
    let patch: Int
    let dim: Int
    let views: Int
    let request: Request
  }

  @Test func `Fields: a field is computed once and then described`() async throws {
    let exchange = StubService()
    let made = try await exchange.send(.post, "/fields?quality=draft", image)
    let id = try #require(made["Eyepiece-Field"])
    #expect(made.status == 201 && made.fields[.location] == "/fields/\(id)")
    #expect(made["Eyepiece-Model"] == "stub14")
    let arrivals = exchange.stub.gate.arrivals
    let again = try await exchange.send(.post, "/fields?quality=draft", image)
    #expect(again.status == 200 && again.fields[.location] == "/fields/\(id)")
    let told = try await exchange.send(.get, "/fields/\(id)")
    #expect(told.status == 200 && told.body == made.body && again.body == made.body)
    #expect(told.fields[.cacheControl] == "no-cache")
    #expect(exchange.stub.gate.arrivals == arrivals)

    let field = try JSONDecoder().decode(Description.self, from: Data(told.body))
    #expect(field.id == id && field.image == "sha256-\(SHA256.digest(of: image))")
    #expect(field.weights == "sha256-weights")
    #expect(field.size == .init(width: 30, height: 20))
    #expect(field.grid == .init(rows: 2, columns: 3))
    #expect(field.patch == 14 && field.dim == 6 && field.views == 4)
    #expect(field.request.model == "stub14" && field.request.flips == "both")
    #expect(field.request.scale == "percentile" && field.request.shifts == "none")
    #expect(field.request.precision == "float32")
    let tag = try #require(told.fields[.eTag])
    for method in [HTTPRequest.Method.get, .head] {
      let known = try await exchange.send(method, "/fields/\(id)", fields: [.ifNoneMatch: tag])
      #expect(known.status == 304)
    }
  }

  @Test func `Fields: one for segmentation keeps two layers, unless others are given`() async throws
  {
    let exchange = StubService()
    let made = try await exchange.field(image, "for=segmentation")
    #expect(try await exchange.field(image, "layer=1,last") == made)
    let usual = try await exchange.field(image, "layer=last")
    #expect(made != usual)
    #expect(try await exchange.field(image, "for=segmentation&layer=last") == usual)
    let refused = try await exchange.send(.post, "/fields?for=segment", image)
    #expect(try ProblemDocument(refused, "for").kind == "invalid-parameter")
  }

  @Test func `Fields: a format that an output does not have is refused with those that it has`()
    async throws
  {
    let exchange = StubService()
    let field = try await exchange.field(image)
    let outcome = try await exchange.send(.get, "/fields/\(field)/pca?format=csv")
    let text = String(decoding: outcome.body, as: UTF8.self)
    #expect(outcome.status == 400)
    #expect(text.contains("pca has png, npy, npz, safetensors, raw, tiff"))
  }

  @Test func `Fields: a form makes the same field`() async throws {
    let exchange = StubService()
    let id = try await exchange.field(image)
    let form = Form().with("image", image).with("quality", "draft").with("flips", "none").bytes
    let made = try await exchange.send(.post, "/fields", type: Form.type, form)
    #expect(made.status == 200 && made["Eyepiece-Field"] == id)
  }

  @Test
  func `Fields: a client that has the answer gets 304, and nothing is computed`() async throws {
    let paths = [
      "features?stride=7", "pca?stride=7", "attention?layer=0", "cls?facet=key",
      "foreground?resize=24", "similarity?stride=7&x=1&y=2",
    ]
    for path in paths {
      let first = StubService()
      let id = try await first.field(image)
      let tag = try #require(try await first.send(.get, "/fields/\(id)/\(path)").fields[.eTag])
      let exchange = StubService()
      #expect(try await exchange.field(image) == id)
      let arrivals = exchange.stub.gate.arrivals
      for method in [HTTPRequest.Method.get, .head] {
        let known = try await exchange.send(
          method, "/fields/\(id)/\(path)", fields: [.ifNoneMatch: "\"x\", \(tag)"])
        #expect(known.status == 304 && known.body.isEmpty, "\(path)")
        #expect(known.fields[.eTag] == tag && known.fields[.vary] == "Accept")
        let failed = try await exchange.send(
          method, "/fields/\(id)/\(path)", fields: [.ifMatch: "\"x\""])
        #expect(try ProblemDocument(failed, path).kind == "precondition-failed")
      }
      #expect(exchange.stub.gate.arrivals == arrivals, "\(path)")
    }
  }

  @Test(arguments: ["npy", "raw", "safetensors", "npz", "tiff"])
  func `Fields: an interrupted download of an array is resumed`(format: String) async throws {
    let exchange = StubService()
    let path = "/fields/\(try await exchange.field(image))/features?format=\(format)"
    let whole = try await exchange.send(.get, path)
    let tag = try #require(whole.fields[.eTag])
    var all: [UInt8] = []
    while all.count < whole.body.count {
      let part = try await exchange.send(
        .get, path, fields: [.range: "bytes=\(all.count)-\(all.count + 4999)", .ifRange: tag])
      #expect(part.status == 206)
      #expect(
        part.fields[.contentRange]
          == "bytes \(all.count)-\(all.count + part.body.count - 1)/\(whole.body.count)")
      all += part.body
    }
    #expect(all == whole.body)
    let stale = try await exchange.send(
      .get, path, fields: [.range: "bytes=10-", .ifRange: "\"x\""])
    #expect(stale.status == 200 && stale.body == whole.body)
  }

  @Test(
    arguments: [
      ("pca", "image/png", "image/png"), ("pca", "application/x-npy", "application/x-npy"),
      ("pca", "image/tiff", "image/tiff"), ("features", "image/*", "image/tiff"),
      ("features", "application/x-npz, */*;q=0.1", "application/x-npz"),
      ("foreground", "*/*", "image/png"), ("boxes", "*/*", "application/json"),
      ("boxes", "application/geo+json", "application/geo+json"), ("saliency", "*/*", "image/png"),
      ("saliency", "application/x-npy", "application/x-npy"), ("cls", "image/tiff", nil),
      ("features", "image/png", nil),
      ("similarity?x=1&y=1", "image/png", "image/png"), ("attention", "text/html", nil),
    ] as [(String, String, String?)])
  func `Fields: Accept chooses among a resource's formats`(
    path: String, accept: String, type: String?
  ) async throws {
    let exchange = StubService()
    let id = try await exchange.field(image)
    let outcome = try await exchange.send(.get, "/fields/\(id)/\(path)", fields: [.accept: accept])
    #expect(outcome.status == (type == nil ? 406 : 200))
    #expect(outcome.fields[.contentType] == type ?? "application/problem+json")
  }

  @Test
  func `Fields: without its image a field answers from its cache, and reports what is missing`()
    async throws
  {
    let exchange = StubService()
    let id = try await exchange.field(image)
    let name = "sha256-\(SHA256.digest(of: image))"
    #expect(try await exchange.send(.delete, "/images/\(name)").status == 204)
    #expect(try await exchange.send(.get, "/fields/\(id)").status == 200)
    #expect(try await exchange.send(.get, "/fields/\(id)/pca").status == 200)
    let body = Array(#"{"points": [[1, 2]]}"#.utf8)
    for (method, path) in [
      (HTTPRequest.Method.get, "features?stride=7"), (.head, "cls?layer=0"),
      (.post, "sample?stride=7"),
    ] {
      let gone = try await exchange.send(
        method, "/fields/\(id)/\(path)", method == .post ? body : [])
      #expect(gone.status == 410)
      #expect(try ProblemDocument(gone, path).kind == "field-gone")
    }
  }

  @Test func `Fields: an answer equals that of POST /features for the image`() async throws {
    let exchange = StubService()
    let id = try await exchange.field(image)
    for (path, query) in [
      ("features?normalise=l2", "normalise=l2"), ("pca", "output=pca"), ("cls", "output=cls"),
      ("features?region=2,3,5,4", "region=2,3,5,4"),
      ("attention?attention=key&format=npz", "output=attention&attention=key&format=npz"),
      ("foreground", "output=foreground"), ("saliency", "output=saliency"),
      ("boxes?method=lost&format=geojson", "output=boxes&method=lost&format=geojson"),
      ("features?stride=7&flips=both", "stride=7&flips=both"),
      ("features?components=2&basis=\(id)", "components=2&basis=\(id)"),
    ] {
      let asked = try await exchange.send(.get, "/fields/\(id)/\(path)")
      let usual = query.contains("flips") ? "" : "&flips=none"
      let posted = try await exchange.post("quality=draft\(usual)&\(query)", image)
      #expect(asked.status == 200 && asked.body == posted.body, "\(path)")
      #expect(asked.fields[.eTag] == posted.fields[.eTag], "\(path)")
      #expect(asked["Eyepiece-Field"] == posted["Eyepiece-Field"], "\(path)")
    }
  }
}
