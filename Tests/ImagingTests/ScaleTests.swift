import Foundation
import Imaging
import Testing

@Suite("Scale") struct ScaleTests {
  static let scales: [(String, Scale)] = [
    ("percentile", .percentile), ("none", Scale.none), ("max", .maximum), ("hrdv2", .reference),
    ("0.0,1.0", .range(0, 1)), ("-5.5,1e+20", .range(-5.5, 1e20)),
    ("100.0,40000.0", .range(100, 40000)), ("-5.5..1e+20", .line(-5.5, 1e20)),
    ("7.0..7.0", .line(7, 7)),
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
    "0;1", "-3e38,3e38", "0, 1", "2..1", "..", "1..", "nan..1", "-3e38..3e38", "1..2,3",
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

  @Test func `Scale: the rule of some levels has these, clipped or not`() {
    for levels in [
      Levels(low: -0.1, high: 1e7 / 3, isClipped: true), Levels(low: 0, high: 9, isClipped: false),
      Levels(low: 5, high: 5, isClipped: false),
    ] {
      let scale = Scale(levels)
      #expect(Scale(scale.description) == scale && !scale.dependsOnSamples(areDeep: true))
      var search = LevelSearch(scale, typeMaximum: 255, isDeep: false)
      #expect(search.endPass() && search.levels == levels)
    }
    let threshold = Scale(Levels(low: 5, high: 5, isClipped: true))
    #expect(threshold == .line(5, 5))
  }
}
