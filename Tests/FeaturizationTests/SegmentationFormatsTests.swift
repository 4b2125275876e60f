import Cache
import Featurization
import Files
import Foundation
import ImageCodecs
import Imaging
import Segmentation
import Support
import Testing

/// The formats of classes and of their probabilities.
extension SegmentationOutputTests {
  @Test func `Segmentation: a TIFF has ids, colours and names`() async throws {
    let field = try await field(StubFeaturizer())
    let ids = try await ask(field, "format=raw", Self.labels()).bytes()
    let file = try await ask(field, "format=tiff", Self.labels()).bytes()
    #expect(try indices(file) == ids)
    let text = String(decoding: file, as: UTF8.self)
    #expect(text.contains("ImageJ=1.11a\n") && text.contains("Labels=3 class 3; 7 class 7\n"))
    let colours = try decode(file, limits: DecodingLimits())
    #expect(colours.channels == 3)
    #expect(colours.level(1, x: 83, y: 0) == LabelClass.unnamed(7).color.green)
  }

  func indices(_ file: [UInt8]) throws -> [UInt8] {
    var limits = DecodingLimits()
    limits.keepsIndices = true
    guard case .uint8(let ids) = try decode(file, limits: limits).samples else { return [] }
    return ids
  }

  @Test(arguments: ["geojson", "coco", "zarr"])
  func `Segmentation: formats of other programs hold what they name`(format: String) async throws {
    let answer = try await ask(field(StubFeaturizer()), "format=\(format)", Self.labels())
    let text = String(decoding: try await answer.bytes(), as: UTF8.self)
    let wanted = ["geojson": "\"Polygon\"", "coco": "\"counts\"", "zarr": "labels/phases/0/0/0"]
    #expect(text.contains(try #require(wanted[format])))
    #expect(answer.shape == [56, 84])
  }

  @Test func `Segmentation: probabilities of a byte are those of floats, rounded`() async throws {
    let field = try await field(StubFeaturizer())
    let floats = try await ArrayFile(ask(field, "output=probabilities", Self.labels()).bytes())
    let bytes = try await ask(
      field, "output=probabilities&dtype=uint8&format=raw", Self.labels()
    ).bytes()
    #expect(bytes == floats.values.map { UInt8(($0 * 255 + 0.5).rounded(.down)) })
    let halves = try await ask(
      field, "output=probabilities&dtype=float16&format=raw", Self.labels()
    ).bytes()
    #expect(halves.count == 2 * bytes.count)
  }

  @Test(arguments: ["margin", "entropy", "least"])
  func `Segmentation: the uncertainty is the one that is named`(kind: String) async throws {
    let field = try await field(StubFeaturizer())
    let chances = try await ArrayFile(ask(field, "output=probabilities", Self.labels()).bytes())
    let unsure = try await ArrayFile(
      ask(field, "output=uncertainty&uncertainty=\(kind)&format=npy", Self.labels()).bytes())
    for place in stride(from: 0, to: unsure.values.count, by: 97) {
      let (p, q) = (Double(chances.values[2 * place]), Double(chances.values[2 * place + 1]))
      func part(_ p: Double) -> Double { p > 0 ? -p * log2(p) : 0 }
      let wanted =
        kind == "margin" ? 1 - abs(p - q) : kind == "least" ? 1 - max(p, q) : part(p) + part(q)
      #expect(abs(Double(unsure.values[place]) - wanted) < 1e-4)
    }
  }
}
