import Foundation
import Imaging
import Testing

@Suite("Scale") struct ScaleTests {
  static let scales: [(String, Scale)] = [
    ("percentile", .percentile), ("none", Scale.none), ("max", .maximum), ("hrdv2", .reference),
    ("0.0,1.0", .range(0, 1)), ("-5.5,1e+20", .range(-5.5, 1e20)),
    ("100.0,40000.0", .range(100, 40000)),
  ]

  @Test(arguments: scales)
  func `Scale: it is parsed from its text, and written as such`(text: String, scale: Scale) throws {
    #expect(Scale(text) == scale)
    #expect(scale.description == text)
    let copy = try JSONDecoder().decode(Scale.self, from: JSONEncoder().encode(scale))
    #expect(copy == scale)
  }

  @Test(arguments: [
    "", "Auto", "auto ", "maximum", "1", "1,", ",1", "1,2,3", "2,1", "1,1", "nan,1", "0,inf",
    "0;1", "-3e38,3e38", "0, 1",
  ])
  func `Scale: any other text is refused`(text: String) {
    #expect(Scale(text) == nil)
  }

  @Test func `Scale: auto is another word for percentile`() {
    #expect(Scale("auto") == .percentile)
  }

  @Test func `Scale: integers are accepted as well as fractions`() {
    #expect(Scale("100,40000") == .range(100, 40000))
  }
}
