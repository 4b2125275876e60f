import API
import Files
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Images", .timeLimit(.minutes(2))) struct ImagesTests {
  let image: [UInt8]
  /// The image's path.
  let path: String

  init() throws {
    image = try Raster.noise(30, 20).png()
    path = "/images/sha256-\(SHA256.digest(of: image))"
  }

  private struct Description: Decodable, Equatable {
    struct Size: Decodable, Equatable {
      let width: Int
      let height: Int
    }
    let image: String
    let bytes: Int
    let format: String
    let size: Size
  }

  @Test func `Images: an image is stored, read and removed`() async throws {
    let exchange = StubService()
    #expect(try await exchange.send(.get, path).status == 404)
    let other = try Raster.noise(30, 20, seed: 2).png()
    let wrong = try await exchange.send(.put, path, other)
    #expect(try ProblemDocument(wrong, "another's digest").kind == "another-digest")
    #expect(try await exchange.send(.get, path).status == 404)

    let kept = try await exchange.send(.put, path, image)
    #expect(kept.status == 201 && kept.fields[.location] == path)
    #expect(
      try JSONDecoder().decode(Description.self, from: Data(kept.body))
        == Description(
          image: String(path.dropFirst(8)), bytes: image.count, format: "PNG",
          size: .init(width: 30, height: 20)))
    let again = try await exchange.send(.put, path, image)
    #expect(again.status == 200 && again.body == kept.body && again.fields[.location] == path)
    let got = try await exchange.send(.get, path)
    #expect(got.status == 200 && got.body == image && got.fields[.contentType] == "image/png")
    #expect(got.fields[.cacheControl] == "private, max-age=31536000, immutable")

    #expect(try await exchange.send(.delete, path).status == 204)
    for method in [HTTPRequest.Method.get, .head, .delete] {
      let gone = try await exchange.send(method, path)
      #expect(try ProblemDocument(gone, "\(method)").kind == "no-such-image")
    }
  }

  @Test func `Images: a stored image is sent whole, in parts, or as 304`() async throws {
    let exchange = StubService()
    #expect(try await exchange.send(.put, path, image).status == 201)
    let whole = try await exchange.send(.get, path)
    let tag = try #require(whole.fields[.eTag])
    #expect(tag == "\"\(path.dropFirst("/images/sha256-".count))\"")
    for method in [HTTPRequest.Method.get, .head] {
      let known = try await exchange.send(method, path, fields: [.ifNoneMatch: tag])
      #expect(known.status == 304 && known.body.isEmpty)
      #expect(try await exchange.send(method, path, fields: [.ifMatch: "\"x\""]).status == 412)
    }
    let half = image.count / 2
    let first = try await exchange.send(.get, path, fields: [.range: "bytes=0-\(half - 1)"])
    let rest = try await exchange.send(
      .get, path, fields: [.range: "bytes=\(half)-", .ifRange: tag])
    #expect(first.status == 206 && rest.status == 206 && first.body + rest.body == image)
    #expect(rest.fields[.contentRange] == "bytes \(half)-\(image.count - 1)/\(image.count)")
    let behind = try await exchange.send(.get, path, fields: [.range: "bytes=\(image.count)-"])
    #expect(behind.status == 416)
  }

  @Test func `Images: a posted image is stored under its digest`() async throws {
    let exchange = StubService()
    for status in [201, 200] {
      let kept = try await exchange.send(.post, "/images", type: "text/plain", image)
      #expect(kept.status == status && kept.fields[.location] == path)
    }
    #expect(try await exchange.send(.get, path).body == image)
  }

  @Test(arguments: [("rgb.jpg", "image/jpeg", "JPEG"), ("pages.tif", "image/tiff", "TIFF")])
  func `Images: a stored image has the media type of its first bytes`(
    name: String, type: String, format: String
  ) async throws {
    let exchange = StubService()
    let kept = try await exchange.send(.post, "/images", type: "image/png", fixture(name))
    let description = try JSONDecoder().decode(Description.self, from: Data(kept.body))
    #expect(description.format == format)
    let got = try await exchange.send(.get, "/images/\(description.image)")
    #expect(try got.fields[.contentType] == type && got.body == fixture(name))
  }

  @Test func `Images: a stored image can be named instead of sent`() async throws {
    let exchange = StubService()
    let name = try await exchange.keep(image)
    let query = "output=cls&quality=draft"
    let sent = try await exchange.post(query, image)
    let named = try await exchange.post("\(query)&image=\(name)", [])
    #expect(named.status == 200 && named.body == sent.body)
    #expect(named.fields[.eTag] == sent.fields[.eTag])
    let form = Form().with("image", "").with("output", "cls").bytes
    let inForm = try await exchange.post("image=\(name)&quality=draft", type: Form.type, form)
    #expect(inForm.status == 200 && inForm.body == sent.body)
    let id = try await exchange.field(image)
    let field = try await exchange.send(.post, "/fields?quality=draft&flips=none&image=\(name)")
    #expect(field.status == 200 && field["Eyepiece-Field"] == id)
  }

  @Test func `Images: an image without room is refused`() async throws {
    let exchange = StubService(StubFeaturizer(memory: 64, disk: nil))
    let outcome = try await exchange.send(.put, path, image)
    #expect(outcome.status == 507)
    #expect(try ProblemDocument(outcome, "no room").kind == "no-room")
    // A request answered at once needs no room.
    #expect(try await exchange.post("quality=draft", image).status == 200)
  }
}
