import Foundation
import FoundationXML
import Rendering
import Support
import Testing

@Suite("Bar charts") struct BarChartTests {
  /// The elements of an XML text, with their attributes and content, in order.
  private final class Elements: NSObject, XMLParserDelegate {
    var all: [(name: String, attributes: [String: String], text: String)] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      all.append((name, attributes, ""))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      all[all.count - 1].text += text
    }

    static func of(_ svg: String) throws -> Elements {
      let (parser, elements) = (XMLParser(data: Data(svg.utf8)), Elements())
      parser.delegate = elements
      try #require(parser.parse(), "\(String(describing: parser.parserError))")
      return elements
    }

    /// The texts without the line feed that follows an element.
    func texts() -> [String] {
      all.filter { $0.name == "text" }.map { $0.text.trimmingCharacters(in: .newlines) }
    }

    /// The bars of one colour: their starts and lengths.
    func bars(_ colour: String) -> [(x: Double, width: Double)] {
      all.filter { $0.name == "rect" && $0.attributes["fill"] == colour }.compactMap {
        guard let x = $0.attributes["x"].flatMap(Double.init),
          let width = $0.attributes["width"].flatMap(Double.init)
        else { return nil }
        return (x, width)
      }
    }
  }

  private func chart(_ values: [Double?], groups: [String]? = nil) -> BarChart {
    BarChart(
      groups: groups ?? values.indices.map { "model \($0)" }, series: ["steel"],
      panels: [
        .init(title: "Time", axis: "seconds", bars: values.map { [$0.map { BarChart.Bar($0) }] })
      ], caption: "all of them")
  }

  @Test(arguments: 0..<60) func `BarChart: bars are as long as their values are large`(seed: Int)
    throws
  {
    var chance = SeededNumbers(seed: seed)
    let scale = pow(10, Double(seed % 13 - 6))
    let values = chance.floats(1 + seed % 6).map { Double($0) * scale }
    let elements = try Elements.of(chart(values).svg)
    // The first is the legend's.
    let bars = Array(elements.bars("#0072B2").dropFirst())
    try #require(bars.count == values.count)
    let largest = values.map { abs($0) }.max() ?? 0
    let longest = bars.map(\.width).max() ?? 0
    for (bar, value) in zip(bars, values) {
      // Lengths are rounded to a tenth of a pixel.
      #expect(abs(bar.width / longest - abs(value) / largest) <= 0.2 / longest)
      #expect(bar.width <= 190.1)
    }
    let zeros = zip(bars, values).map { $1 < 0 ? $0.x + $0.width : $0.x }
    #expect(zeros.allSatisfy { abs($0 - zeros[0]) <= 0.2 })
  }

  @Test func `BarChart: all texts are in it, and a missing bar is labelled as none`() throws {
    let texts = try Elements.of(chart([0.5, nil]).svg).texts()
    for word in ["steel", "model 0", "model 1", "Time", "seconds", "all of them", "none", "0.500"] {
      #expect(texts.contains(word), "\(word) in \(texts)")
    }
  }

  @Test func `BarChart: names in any script are unchanged`() throws {
    let names = ["a<b>&\"c'", "φ ± Δ", "]]>", "<!--"]
    let texts = try Elements.of(chart([1, 2, 3, 4], groups: names).svg).texts()
    for name in names { #expect(texts.contains(name), "\(texts)") }
    let odd = "bell \u{7} tab \t end \u{FFFF}"
    #expect(
      try Elements.of(chart([1], groups: [odd]).svg).texts().contains { $0.hasPrefix("bell") })
  }

  @Test
  func `BarChart: an axis begins at zero and ends at a round number beyond the maximum`() throws {
    let texts = try Elements.of(chart([0.37, 0.11]).svg).texts()
    for tick in ["0", "0.1", "0.2", "0.3", "0.4"] { #expect(texts.contains(tick), "\(texts)") }
    #expect(!texts.contains("0.5"), "\(texts)")
  }

  @Test(
    arguments: [[], [0], [0, 0], [1e-30], [1e30, -1e30], [.leastNonzeroMagnitude]] as [[Double]])
  func `BarChart: numbers without an axis are still drawn`(values: [Double]) throws {
    #expect(try Elements.of(chart(values).svg).texts().contains("Time"))
  }

  @Test func `BarChart: a deviation is a line across the end of its bar`() throws {
    func lines(_ deviation: Double) throws -> Int {
      let bar = BarChart.Bar(2, deviation: deviation)
      let chart = BarChart(
        groups: ["a"], series: ["b"], panels: [.init(title: "", axis: "", bars: [[bar]])],
        caption: "")
      return try Elements.of(chart.svg).all.filter {
        $0.name == "line" && $0.attributes["stroke"] == "#222"
      }.count
    }
    let (with, without) = (try lines(0.5), try lines(0))
    #expect(with == without + 3)
  }

  @Test func `BarChart: an axis ends where its quantity does, and cuts deviations off there`()
    throws
  {
    let panel = BarChart.Panel(
      title: "Share", axis: "%", bars: [[.init(97, deviation: 9)], [.init(3, deviation: 9)]],
      within: 0...100)
    let elements = try Elements.of(
      BarChart(groups: ["a", "b"], series: ["c"], panels: [panel], caption: "").svg)
    let ticks = elements.texts().compactMap(Double.init).filter { $0 != 97 && $0 != 3 }
    #expect(ticks == [0, 50, 100], "\(elements.texts())")
    let ends = elements.all.flatMap { [$0.attributes["x1"], $0.attributes["x2"]] }
      .compactMap { $0.flatMap(Double.init) }
    let bars = elements.bars("#0072B2").dropFirst().map(\.x)
    #expect(ends.min() == bars.min() && (ends.max() ?? 0) <= (bars.min() ?? 0) + 190)
  }

  @Test(arguments: 0..<40) func `BarChart: no text is cut off at the picture's edge`(seed: Int)
    throws
  {
    func words(_ place: Int) -> String { String(repeating: "n", count: 1 + seed * place % 90) }
    let panels = (0...seed % 4).map { index in
      BarChart.Panel(title: words(7 + index), axis: "%", bars: [[.init(1), .init(2)]])
    }
    let elements = try Elements.of(
      BarChart(
        groups: [words(3)], series: [words(5), words(11)], panels: panels, caption: words(13)
      ).svg)
    let width = try #require(elements.all[0].attributes["width"].flatMap(Double.init))
    for text in elements.all where text.name == "text" && text.attributes["text-anchor"] == "start"
    {
      let size = try #require(text.attributes["font-size"].flatMap(Double.init))
      let x = try #require(text.attributes["x"].flatMap(Double.init))
      let letter = size * (text.attributes["font-weight"] == "bold" ? 0.6 : 0.55)
      #expect(x + letter * Double(text.text.count - 1) <= width, "\(text.text)")
    }
  }

  @Test(
    arguments: zip(
      [0, 0.4238, 12.345, 999.9, 1234.5, -0.00123, 1.0 / 0],
      ["0.00", "0.424", "12.3", "1000", "1234", "-0.00123", "inf"]))
  func `WrittenNumber: three digits and no exponent`(value: Double, text: String) {
    #expect(value.written(digits: 3) == text)
  }
}
