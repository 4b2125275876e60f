/// Writes the chart as a self-contained picture of lines and letters.
///
/// Source: SVG 1.1; the colours are those of Okabe & Ito 2008, which colour-blind readers can
/// distinguish.
extension BarChart {
  private static let colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]
  private static let panelsAcross = 3
  /// Lengths in pixels: a bar's thickness, between groups, the axis, and the margin.
  private static let (bar, gap, axis, margin) = (12.0, 10.0, 190.0, 16.0)
  /// Pixels above a panel's bars, and below them.
  private static let (head, foot) = (26.0, 46.0)
  /// Pixels between the axis's end and the next panel: the number after the longest bar.
  private static let aside = 60.0
  /// The mean width of a letter of 12 pixels, and more than that of a bold one.
  private static let (letter, boldLetter) = (6.8, 7.4)

  private var groupHeight: Double { BarChart.bar * Double(series.count) + BarChart.gap }
  private var barsHeight: Double { groupHeight * Double(groups.count) }
  private var labelWidth: Double {
    BarChart.letter * Double(groups.map(\.count).max() ?? 0) + BarChart.margin
  }

  /// The file's text.
  package var svg: String {
    let across = min(max(panels.count, 1), BarChart.panelsAcross)
    let down = (panels.count + across - 1) / across
    let title = BarChart.boldLetter * Double(panels.map(\.title.count).max() ?? 0)
    let panelWidth = max(BarChart.axis + BarChart.aside, title + BarChart.margin)
    let panelHeight = BarChart.head + barsHeight + BarChart.foot
    let legendHeight = 34.0
    let width = max(
      BarChart.margin + labelWidth + max(Double(across) * panelWidth, legendWidth),
      2 * BarChart.margin + BarChart.letter * Double(caption.count))
    let height = legendHeight + Double(down) * panelHeight + 2 * BarChart.margin
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width.pixels)" height="\(height.pixels)" \
      viewBox="0 0 \(width.pixels) \(height.pixels)" font-family="sans-serif">
      <rect width="100%" height="100%" fill="white"/>

      """
    text += legend(at: (BarChart.margin + labelWidth, BarChart.margin))
    for (index, panel) in panels.enumerated() {
      let (row, column) = (Double(index / across), Double(index % across))
      let x = BarChart.margin + labelWidth + column * panelWidth
      let y = legendHeight + row * panelHeight + BarChart.head
      if index % across == 0 { text += groupLabels(at: (x, y)) }
      text += drawn(panel, at: (x, y))
    }
    text += label(caption, (BarChart.margin, height - BarChart.margin), size: 11)
    return text + "</svg>\n"
  }

  private var legendWidth: Double {
    series.reduce(0) { $0 + 17 + BarChart.letter * Double($1.count) + 24 }
  }

  private func legend(at place: (x: Double, y: Double)) -> String {
    var (text, x) = ("", place.x)
    for (index, name) in series.enumerated() {
      text += rectangle((x, place.y - 6), 12, 12, colour(index))
      text += label(name, (x + 17, place.y + 4))
      x += 17 + BarChart.letter * Double(name.count) + 24
    }
    return text
  }

  private func groupLabels(at place: (x: Double, y: Double)) -> String {
    groups.enumerated().map { index, name in
      let middle = place.y + groupHeight * (Double(index) + 0.5)
      return label(name, (place.x - 8, middle + 4), anchor: "end")
    }.joined()
  }

  private func drawn(_ panel: Panel, at place: (x: Double, y: Double)) -> String {
    let bars = panel.bars.joined().compactMap { $0 }
    let axis = LinearAxis(
      over: bars.flatMap { [$0.value - $0.deviation, $0.value + $0.deviation] }.map {
        min(max($0, panel.bounds?.lowerBound ?? $0), panel.bounds?.upperBound ?? $0)
      },
      length: BarChart.axis)
    let bottom = place.y + barsHeight
    var text = label(panel.title, (place.x, place.y - 9), weight: "bold")
    for tick in axis.ticks {
      let x = place.x + axis.place(tick)
      text += line((x, place.y), (x, bottom), tick == 0 ? "#222" : "#ddd")
      text += label(axis.label(tick), (x, bottom + 15), size: 11, anchor: "middle")
    }
    text += label(
      panel.axis, (place.x + BarChart.axis / 2, bottom + 31), size: 11, anchor: "middle")
    for (group, bars) in panel.bars.enumerated() {
      for (index, bar) in bars.enumerated() {
        let top =
          place.y + groupHeight * Double(group) + BarChart.gap / 2 + BarChart.bar * Double(index)
        text += drawn(bar, colour(index), on: axis, at: (place.x, top))
      }
    }
    return text
  }

  private func drawn(
    _ bar: Bar?, _ colour: String, on axis: LinearAxis, at place: (x: Double, y: Double)
  ) -> String {
    let zero = place.x + axis.place(0)
    let base = place.y + BarChart.bar - 3
    guard let bar else { return label("none", (zero + 4, base), size: 10, colour: "#767676") }
    let end = place.x + axis.place(bar.value)
    var text = rectangle(
      (min(zero, end), place.y + 1), abs(end - zero), BarChart.bar - 2, colour)
    var right = max(zero, end)
    if bar.deviation > 0 {
      let middle = place.y + BarChart.bar / 2
      let (low, high) = (
        place.x + axis.place(bar.value - bar.deviation),
        place.x + axis.place(bar.value + bar.deviation)
      )
      text += line((low, middle), (high, middle), "#222")
      text += [low, high].map { line(($0, middle - 3), ($0, middle + 3), "#222") }.joined()
      right = max(right, high)
    }
    return text + label(bar.value.written(digits: 3), (right + 4, base), size: 10)
  }

  private func colour(_ index: Int) -> String { BarChart.colours[index % BarChart.colours.count] }
}

// MARK: - Elements

private typealias Place = (x: Double, y: Double)

private func rectangle(_ place: Place, _ width: Double, _ height: Double, _ colour: String)
  -> String
{
  "<rect x=\"\(place.x.pixels)\" y=\"\(place.y.pixels)\" width=\"\(width.pixels)\" "
    + "height=\"\(height.pixels)\" fill=\"\(colour)\"/>\n"
}

private func line(_ from: Place, _ to: Place, _ colour: String) -> String {
  "<line x1=\"\(from.x.pixels)\" y1=\"\(from.y.pixels)\" x2=\"\(to.x.pixels)\" "
    + "y2=\"\(to.y.pixels)\" stroke=\"\(colour)\"/>\n"
}

private func label(
  _ text: String, _ place: Place, size: Int = 12, anchor: String = "start",
  weight: String = "normal", colour: String = "#222"
) -> String {
  "<text x=\"\(place.x.pixels)\" y=\"\(place.y.pixels)\" font-size=\"\(size)\" "
    + "text-anchor=\"\(anchor)\" font-weight=\"\(weight)\" fill=\"\(colour)\">"
    + "\(text.escapedForXML)</text>\n"
}

extension Double {
  /// A length rounded to a tenth of a pixel.
  fileprivate var pixels: String { "\((self * 10).rounded() / 10)" }
}

extension String {
  /// The text as an element's content: markup escaped, and characters that XML excludes replaced.
  fileprivate var escapedForXML: String {
    unicodeScalars.map { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\u{0}"..<"\u{20}", "\u{FFFE}"..."\u{FFFF}": "\u{FFFD}"
      default: String(scalar)
      }
    }.joined()
  }
}
