import API
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Bodies posted to fields", .timeLimit(.minutes(2))) struct QueryPayloadTests {
  let image: [UInt8]
  static let points: [[Int32]] = [[0, 0], [29, 19], [7, 3], [7, 3]]
  static let query = "points=0,0;29,19;7,3;7,3"

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  @Test func `Points: npy, JSON and a query give the same answer`() async throws {
    let exchange = StubService()
    let id = try await exchange.field(image)
    let asked = try await exchange.send(.get, "/fields/\(id)/features?\(Self.query)")
    #expect(asked["Eyepiece-Shape"] == "4,6")
    let json = try JSONEncoder().encode(["points": Self.points])
    for body in [npy(points: Self.points), Array(json), Array(" \n".utf8) + Array(json)] {
      let outcome = try await exchange.send(.post, "/fields/\(id)/sample", type: "x/y", body)
      #expect(outcome.status == 200 && outcome.body == asked.body)
      #expect(outcome["Eyepiece-Shape"] == "4,6")
      #expect(outcome.fields[.cacheControl] == "no-store")
      #expect(outcome.fields[.eTag] != asked.fields[.eTag])
    }
  }

  @Test
  func `Linear map: a header beyond the limit is refused by its length, whatever its content`()
    async throws
  {
    let exchange = StubService()
    let id = try await exchange.field(image)
    let weight = member("weight", "F32", [1, 6], 0, 24)
    let others = (0..<2000).map { "," + member("t\($0)", "U8", [0], 24, 24) }.joined()
    let data = bytes(of: [Float](repeating: 1, count: 6))
    for (header, status) in [("{\(weight)}", 200), ("{\(weight)\(others)}", 422)] {
      let outcome = try await exchange.send(
        .post, "/fields/\(id)/project", fileBytes(header: header, data: data))
      #expect(outcome.status == status)
      guard status == 422 else { continue }
      let problem = try ProblemDocument(outcome, "project")
      #expect(problem.kind == "unreadable-array")
      #expect(
        problem.detail
          == "The file: its header has \(header.utf8.count) bytes; the limit is 65536")
    }
  }

  @Test func `Entity tag: an answer's tag depends on the posted body`() async throws {
    let exchange = StubService()
    let id = try await exchange.field(image)
    var tags: Set<String> = []
    for points in [Self.points, Array(Self.points.dropLast()), Self.points] {
      let outcome = try await exchange.send(
        .post, "/fields/\(id)/sample", npy(points: points))
      tags.insert(try #require(outcome.fields[.eTag]))
    }
    #expect(tags.count == 2)
  }

  @Test
  func `Sample: labels come with their pixels, where the format has room for them`() async throws {
    var labels = [UInt8](repeating: 0, count: 600)
    for (place, label) in [(5, 3), (64, 1), (599, 255)] { labels[place] = UInt8(label) }
    let raster = Raster(
      size: Size(width: 30, height: 20), channels: 1, samples: .uint8(labels))
    let exchange = StubService()
    let id = try await exchange.field(image)
    let asked = try await exchange.send(
      .get, "/fields/\(id)/features?format=raw&points=5,0;4,2;29,19")
    let posted = try await exchange.send(
      .post, "/fields/\(id)/sample?format=safetensors", raster.png())
    #expect(posted.status == 200 && posted["Eyepiece-Shape"] == "3,6")
    let length = posted.body.prefix(8).enumerated().reduce(0) {
      $0 + Int($1.element) << (8 * $1.offset)
    }
    let header = try #require(
      try JSONSerialization.jsonObject(with: Data(posted.body[8..<8 + length])) as? [String: Any])
    let data = Array(posted.body[(8 + length)...])
    let array = { (name: String) -> [UInt8] in
      let entry = header[name] as? [String: Any]
      let ends = entry?["data_offsets"] as? [Int] ?? [0, 0]
      return Array(data[ends[0]..<ends[1]])
    }
    #expect(array("features") == asked.body)
    #expect(array("labels") == [3, 1, 255].flatMap { littleEndian(Int32($0)) })
    #expect(array("points") == [5, 0, 4, 2, 29, 19].flatMap { littleEndian(Int32($0)) })
    let plain = try await exchange.send(.post, "/fields/\(id)/sample?format=raw", raster.png())
    #expect(plain.body == asked.body)
  }

  /// Values of a raw answer.
  private func floats(_ outcome: StubService.Outcome) -> [Float] {
    stride(from: 0, to: outcome.body.count, by: 4).map { place in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(outcome.body[place + $1]) << (8 * $1) }
      return Float(bitPattern: bits)
    }
  }

  @Test func `Linear map: logits, probabilities and labels are consistent`() async throws {
    let exchange = StubService()
    let id = try await exchange.field(image)
    let weight = (0..<18).map { Float(($0 * 7) % 5) - 2 }
    let map = npy(floats: weight, [3, 6])
    let path = "/fields/\(id)/project?format=raw"
    let vectors = floats(try await exchange.send(.get, "/fields/\(id)/features?format=raw"))
    let posted = try await exchange.send(.post, path, map)
    #expect(posted.status == 200 && posted["Eyepiece-Shape"] == "20,30,3")
    let logits = floats(posted)
    let odds = floats(try await exchange.send(.post, path + "&output=probabilities", map))
    let labels = try await exchange.send(.post, path + "&output=labels", map)
    #expect(labels["Eyepiece-Shape"] == "20,30")
    for pixel in 0..<600 {
      let expected = (0..<3).map { row in
        (0..<6).reduce(Float(0)) { $0 + weight[row * 6 + $1] * vectors[pixel * 6 + $1] }
      }
      let found = Array(logits[3 * pixel..<3 * pixel + 3])
      let exponents = found.map { exp($0) }
      let sum = exponents.reduce(0, +)
      for row in 0..<3 {
        #expect(abs(found[row] - expected[row]) < 1e-3)
        #expect(abs(odds[3 * pixel + row] - exponents[row] / sum) < 1e-5)
      }
      #expect(Int(labels.body[pixel]) == found.firstIndex(of: found.max() ?? 0))
    }
    let picture = try await exchange.send(
      .post, "/fields/\(id)/project?output=labels", map)
    #expect(picture.fields[.contentType] == "image/png")
    #expect(picture.fields[.contentDisposition]?.hasPrefix("inline") == true)
  }

  @Test func `Linear map: a bias is added`() async throws {
    let exchange = StubService()
    let path = "/fields/\(try await exchange.field(image))/project?format=raw&points=3,4"
    let weight = bytes(of: [1, 0, 2, 0, 3, 0])
    let with = fileBytes(
      header: "{\(member("weight", "F32", [1, 6], 0, 24)),\(member("bias", "F32", [1], 24, 28))}",
      data: weight + bytes(of: [5]))
    let without = fileBytes(header: "{\(member("weight", "F32", [1, 6], 0, 24))}", data: weight)
    let plain = floats(try await exchange.send(.post, path, without))
    let moved = floats(try await exchange.send(.post, path, with))
    #expect(plain.count == 1 && moved.count == 1)
    #expect(abs(moved[0] - plain[0] - 5) < 1e-4)
  }

  @Test func `Similarity: the points are x and y, or points`() async throws {
    let exchange = StubService()
    let path = "/fields/\(try await exchange.field(image))/similarity?format=raw"
    let one = try await exchange.send(.get, path + "&x=7&y=3")
    #expect(one.status == 200 && one["Eyepiece-Shape"] == "20,30")
    #expect(abs(floats(one)[3 * 30 + 7] - 1) < 1e-5)
    let same = try await exchange.send(.get, path + "&points=7,3")
    #expect(same.body == one.body && same.fields[.eTag] == one.fields[.eTag])
    let swapped = try await exchange.send(.get, path + "&y=7&x=3")
    #expect(swapped.status == 200 && swapped.body != one.body)
    let two = try await exchange.send(.get, path + "&points=7,3;25,15")
    #expect(two.status == 200 && two.body != one.body)
  }
}
