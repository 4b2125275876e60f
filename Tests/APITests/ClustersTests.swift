import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Clusters over HTTP") struct ClustersTests {
  private func document(_ fields: [String], _ more: String = "") -> [UInt8] {
    let list = fields.map { "\"\($0)\"" }.joined(separator: ",")
    return Array("{\"fields\":[\(list)]\(more)}".utf8)
  }

  @Test func `Clusters: several fields are answered as an archive, or as a summary`() async throws {
    let exchange = StubService()
    let fields = [
      try await exchange.field(Raster.noise(56, 42, seed: 1).png(), "stride=7"),
      try await exchange.field(Raster.noise(42, 56, seed: 2).png(), "stride=7"),
    ]
    let archive = try await exchange.send(.post, "/clusters", document(fields, ",\"k\":3"))
    #expect(archive.status == 200 && archive["Content-Type"] == "application/zip")
    #expect(archive["ETag"] != nil)
    let text = String(decoding: archive.body, as: UTF8.self)
    for name in fields.map({ "\($0).png" }) + ["clusters.json", "centroids.safetensors"] {
      #expect(text.contains(name))
    }
    let again = try await exchange.send(.post, "/clusters", document(fields, ",\"k\":3"))
    #expect(again.body == archive.body)
    let tag = try #require(archive["ETag"])
    let known = try await exchange.send(
      .post, "/clusters", document(fields, ",\"k\":3"), fields: [.ifNoneMatch: tag])
    #expect(known.status == 412)
    let merged = try await exchange.send(
      .post, "/clusters", document(fields, ",\"k\":3,\"merge\":\"ward:2\""),
      fields: [.ifNoneMatch: tag])
    #expect(merged.status == 200 && merged["ETag"] != tag)
    #expect(String(decoding: merged.body, as: UTF8.self).contains("centroids.safetensors") == false)

    let summary = try await exchange.send(
      .post, "/clusters", document(fields, ",\"k\":3,\"format\":\"json\",\"salient\":true"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(summary.body)) as? [String: Any])
    #expect(json["k"] as? Int == 3)
    #expect(json["salient"] is [Int])
    let images = try #require(json["images"] as? [[String: Any]])
    #expect(images.map { $0["field"] as? String } == fields)
    let likeness = images.compactMap { $0["likeness"] as? Double }
    #expect(likeness.count == 2 && likeness.allSatisfy { (-1...1).contains($0) })
    #expect((json["outliers"] as? [String])?.count == likeness.count { $0 < 0.7 })
  }

  @Test func `Clusters: their number is found where an elbow is asked for`() async throws {
    let exchange = StubService()
    let fields = [try await exchange.field(Raster.noise(70, 56, seed: 3).png(), "stride=7")]
    let found = try await exchange.send(
      .post, "/clusters",
      document(fields, ",\"elbow\":0.9,\"most\":6,\"format\":\"json\""))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(found.body)) as? [String: Any])
    let inertias = try #require(json["elbow"] as? [Double])
    let k = try #require(json["k"] as? Int)
    #expect(inertias.count == k && (2...6).contains(k))
    #expect(inertias == inertias.sorted(by: >))
    if k < 6 { #expect(inertias[k - 1] > 0.9 * inertias[k - 2]) }
  }

  @Test(arguments: ["", ",\"clean\":\"guided:4,0.001\"", ",\"normalise\":\"l2\""])
  func `Clusters: parts are of what the class token attends to`(more: String) async throws {
    let exchange = StubService()
    let fields = [
      try await exchange.field(Raster.noise(70, 56, seed: 1).png(), "stride=7"),
      try await exchange.field(Raster.noise(56, 70, seed: 2).png(), "stride=7"),
    ]
    let asked = ",\"k\":6,\"parts\":3\(more)"
    let archive = try await exchange.send(.post, "/clusters", document(fields, asked))
    #expect(archive.status == 200, "\(archive.text)")
    let text = String(decoding: archive.body, as: UTF8.self)
    for name in fields.flatMap({ ["\($0).png", "parts/\($0).png"] }) {
      #expect(text.contains(name))
    }
    let summary = try await exchange.send(
      .post, "/clusters", document(fields, asked + ",\"format\":\"json\""))
    let json = Node(summary)
    #expect(json["parts"]["k"].number == 3 && json["salient"].items.count > 0)
    let common = (1...3).filter { id in
      json["images"].items.allSatisfy { ($0["parts"].items[id - 1]["pixels"].number ?? 0) > 0 }
    }
    #expect(json["parts"]["common"].items.compactMap(\.number) == common)
    let salient = Set(json["salient"].items.compactMap(\.number))
    for image in json["images"].items {
      let parts = image["parts"].items
      #expect(parts.map { $0["id"].number } == [1, 2, 3])
      let pixels = parts.reduce(0) { $0 + ($1["pixels"].number ?? 0) }
      let inside = image["clusters"].items.filter { salient.contains($0["id"].number ?? 0) }
        .reduce(0) { $0 + ($1["pixels"].number ?? 0) }
      // A clean-up of scores draws their outline anew.
      if !more.contains("clean") { #expect(pixels == inside) }
      #expect(pixels > 0 && pixels <= 70 * 56)
    }
    let found = Node(
      try await exchange.send(
        .post, "/clusters",
        document(fields, ",\"k\":6,\"partsElbow\":0.9,\"parts\":5,\"format\":\"json\"\(more)")))
    let inertias = found["parts"]["elbow"].items.count
    #expect(inertias == found["parts"]["k"].number && (2...5).contains(inertias))
  }

  @Test func `Clusters: what cannot be is refused with words`() async throws {
    let exchange = StubService()
    let one = try await exchange.field(Raster.noise(56, 42, seed: 1).png(), "stride=7")
    let other = try await exchange.field(Raster.noise(56, 42, seed: 1).png(), "stride=14")
    for (body, status, kind) in [
      (document([]), 422, "malformed-clustering"),
      (document(["zebra"]), 422, "malformed-clustering"),
      (document([one, one]), 422, "malformed-clustering"),
      (Array("[]".utf8), 422, "malformed-clustering"),
      (Array("{}".utf8), 422, "malformed-clustering"),
      (document([one], ",\"format\":\"bmp\""), 422, "malformed-clustering"),
      (document([one], ",\"elbow\":2"), 422, "malformed-clustering"),
      (document([one], ",\"elbow\":0.9,\"k\":3"), 422, "malformed-clustering"),
      (document([one], ",\"most\":3"), 422, "malformed-clustering"),
      (document([one], ",\"k\":2.5"), 422, "malformed-clustering"),
      (document([one], ",\"parts\":1"), 422, "malformed-clustering"),
      (document([one], ",\"parts\":254"), 422, "malformed-clustering"),
      (document([one], ",\"parts\":\"many\""), 422, "malformed-clustering"),
      (document([one], ",\"partsElbow\":0"), 422, "malformed-clustering"),
      (document([one], ",\"partsElbow\":\"steep\""), 422, "malformed-clustering"),
      (document([one], ",\"salient\":7"), 422, "malformed-clustering"),
      (document([one], ",\"k\":1"), 400, "invalid-parameter"),
      (document([one], ",\"k\":1000000"), 400, "invalid-parameter"),
      (document([one], ",\"elbow\":0.9,\"merge\":\"ward:2\""), 400, "conflicting-parameters"),
      (document([one], ",\"colour\":\"red\""), 400, "unknown-parameter"),
      (document([BadInput.zeros]), 404, "no-such-field"),
      (document([one, other], ",\"k\":3"), 409, "unlike-fields"),
    ] as [([UInt8], Int, String)] {
      let refused = try await exchange.send(.post, "/clusters", body)
      let text = String(decoding: refused.body, as: UTF8.self)
      #expect(refused.status == status && text.contains("/problems/\(kind)"), "\(text)")
    }
  }
}
