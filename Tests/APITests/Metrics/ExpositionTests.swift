import API
import Support
import Testing

@Suite("Exposition") struct ExpositionTests {
  @Test func `Exposition: every metric can be parsed again, whatever its labels contain`() throws {
    var exposition = Exposition()
    exposition.counter("things_total", "Things, \"all\" of \\ them\nin two lines.", 7)
    let values = ["", "plain", "a\"b", "a\\b", "a\nb", "\\n", "{x=\"1\"}", "ä, €", "a,b=\"c\""]
    let sizes: [(labels: Exposition.Labels, value: Double)] = values.enumerated().map {
      ([("kind", $1), ("other", "x")], Double($0) / 8)
    }
    exposition.gauge("size_bytes", "Sizes.", sizes)
    let text = try PrometheusText(exposition.text)
    #expect(text.value("things_total") == 7)
    #expect(text["things_total"]?.type == "counter" && text["size_bytes"]?.type == "gauge")
    let samples = try #require(text["size_bytes"]).samples
    let read = samples.map { sample in
      sample.labels["kind"]?.replacing("\\\\", with: "\u{1}").replacing("\\n", with: "\n")
        .replacing("\\\"", with: "\"").replacing("\u{1}", with: "\\")
    }
    #expect(read == values && samples.map(\.value) == values.indices.map { Double($0) / 8 })
  }

  @Test func `Exposition: a histogram's bounds are cumulative and inclusive`() throws {
    var chance = SeededNumbers(seed: 3)
    let bounds = [0.5, 1, 2, 8]
    var histogram = Histogram(bounds: bounds)
    let values = (0..<500).map { _ in Double(chance.below(40)) / 4 }
    for value in values { histogram.note(value) }
    var exposition = Exposition()
    exposition.histogram("wait_seconds", "Waits.", [([("stage", "queue")], histogram)])
    let text = try PrometheusText(exposition.text)
    for bound in bounds {
      let name = bound == bound.rounded() ? "\(Int(bound))" : "\(bound)"
      #expect(
        text.value("wait_seconds_bucket", ["stage": "queue", "le": name])
          == Double(values.count { $0 <= bound }))
    }
    #expect(text.value("wait_seconds_bucket", ["stage": "queue", "le": "+Inf"]) == 500)
    #expect(text.value("wait_seconds_count", ["stage": "queue"]) == 500)
    #expect(text.value("wait_seconds_sum", ["stage": "queue"]) == values.reduce(0, +))
    #expect(histogram.count == 500)
  }

  @Test(arguments: [0, 1, -1, 0.1, 1e-9, 1e15, 1.5e300, -2.25, Double.pi, .infinity, -.infinity])
  func `Exposition: a number is parsed as the same number`(value: Double) throws {
    var exposition = Exposition()
    exposition.gauge("number", "A number.", value)
    #expect(try PrometheusText(exposition.text).value("number") == value)
  }

  @Test(arguments: [
    "", "\n", "a 1\n", "# HELP a b\na 1\n", "# HELP a b\n# TYPE b gauge\na 1\n",
    "# HELP a b\n# TYPE a gauge\nb 1\n", "# HELP a b\n# TYPE a gauge\na 1",
    "# HELP a b\n# TYPE a gauge\na{} 1\n", "# HELP a b\n# TYPE a gauge\na{x=\"1} 1\n",
    "# HELP a b\n# TYPE a gauge\na{x=\"1\",} 1\n", "# HELP a b\n# TYPE a gauge\na{x=\"\\q\"} 1\n",
    "# HELP a b\n# TYPE a gauge\na 1\na 2\n", "# HELP a b\n# TYPE a gauge\na one\n",
    "# HELP a b\n# TYPE a counter\na 1\n", "# HELP a_total b\n# TYPE a_total counter\na_total -1\n",
    "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
    "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
    "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 1\n",
  ])
  func `Exposition: the parser of these tests refuses malformed text`(text: String) {
    #expect(throws: (any Error).self) { try PrometheusText(text) }
  }

  @Test func `ProcessUsage: the process reports its resources`() throws {
    let usage = try #require(ProcessUsage())
    #expect(usage.residentBytes > 1 << 20 && usage.virtualBytes >= usage.residentBytes)
    #expect(usage.openDescriptors >= 3 && usage.maximalDescriptors >= usage.openDescriptors)
    #expect(usage.processorSeconds > 0)
    var exposition = Exposition()
    exposition.add(usage)
    #expect(try PrometheusText(exposition.text).families.count == 5)
    #expect(ProcessUsage(folder: "/nonexistent") == nil)
  }
}
