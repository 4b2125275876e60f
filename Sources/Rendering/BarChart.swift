/// Horizontal bars in panels, one panel per quantity: groups down its side, one bar per series.
package struct BarChart: Sendable, Hashable {
  /// One quantity for every group and series.
  package struct Panel: Sendable, Hashable {
    package let title: String
    /// The axis's quantity, with its unit.
    package let axis: String
    /// `[groups][series]`; `nil` where a value is missing.
    package let bars: [[Bar?]]
    /// What the quantity cannot be beyond, where a deviation is cut off; `nil` for no bounds.
    package let bounds: ClosedRange<Double>?

    package init(
      title: String, axis: String, bars: [[Bar?]], within bounds: ClosedRange<Double>? = nil
    ) {
      (self.title, self.axis, self.bars, self.bounds) = (title, axis, bars, bounds)
    }
  }

  package struct Bar: Sendable, Hashable {
    package let value: Double
    /// Half the length of the error line at the bar's end; none for 0.
    package let deviation: Double

    package init(_ value: Double, deviation: Double = 0) {
      (self.value, self.deviation) = (value, deviation)
    }
  }

  package let groups: [String]
  package let series: [String]
  package let panels: [Panel]
  /// A line below all panels.
  package let caption: String

  /// Creates a chart; every panel needs a place per group and series, and finite numbers.
  package init(groups: [String], series: [String], panels: [Panel], caption: String) {
    for panel in panels {
      precondition(
        panel.bars.count == groups.count && panel.bars.allSatisfy { $0.count == series.count },
        "a panel of \(panel.bars.map(\.count)) for \(groups.count) × \(series.count)")
    }
    (self.groups, self.series, self.panels, self.caption) = (groups, series, panels, caption)
  }
}

/// A linear axis that begins and ends at round numbers and includes zero.
struct LinearAxis: Sendable {
  /// The ticks, ascending, at equal distances.
  let ticks: [Double]
  private let length: Double

  /// An axis of `length` pixels over some numbers.
  init(over values: [Double], length: Double) {
    self.length = length
    let finite = values.filter(\.isFinite)
    let (low, high) = (min(finite.min() ?? 0, 0), max(finite.max() ?? 0, 0))
    let step = LinearAxis.roundStep(atLeast: (high - low > 1e-9 ? high - low : 1) / 4)
    let (first, last) = ((low / step).rounded(.down), (max(high, low + step) / step).rounded(.up))
    ticks = (Int(first)...Int(last)).map { Double($0) * step }
  }

  /// The least step of 1, 2 or 5 times a power of ten.
  private static func roundStep(atLeast least: Double) -> Double {
    var power = 1.0
    while power > least { power /= 10 }
    while power * 10 <= least { power *= 10 }
    return [1, 2, 5].map { $0 * power }.first { $0 >= least } ?? 10 * power
  }

  /// Pixels from the axis's beginning.
  func place(_ value: Double) -> Double {
    let (low, high) = (ticks[0], ticks[ticks.count - 1])
    return (min(max(value, low), high) - low) / (high - low) * length
  }

  /// A tick's number with as many decimals as its neighbours need.
  func label(_ tick: Double) -> String {
    let step = ticks[1] - ticks[0]
    return tick == 0 ? "0" : tick.written(decimalsOf: step)
  }
}
