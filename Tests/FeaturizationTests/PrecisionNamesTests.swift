import Encoders
import Featurization
import LinearAlgebra
import Support
import Testing

@Suite("Precision names") struct PrecisionNamesTests {
  @Test(arguments: Precision.allCases)
  func `Precision names: auto is measured, an explicit precision is itself without measuring`(
    found: Precision
  ) throws {
    let asked = Box(0)
    let find: @Sendable () -> Precision = {
      asked.update { $0 += 1 }
      return found
    }
    for explicit in Precision.allCases {
      let names = try #require(PrecisionNames(usual: explicit.rawValue, automatic: find))
      #expect(names.usual == explicit)
      for name in Precision.allCases { #expect(names[name.rawValue] == name) }
      for name in ["", "Auto", "float16", "float32 "] { #expect(names[name] == nil, "\(name)") }
      #expect(asked.value == 0)
      #expect(names["auto"] == found)
      asked.value = 0
    }
    #expect(PrecisionNames(usual: "auto", automatic: find)?.usual == found)
    #expect(PrecisionNames(usual: "float8", automatic: find) == nil)
  }

  @Test func `Precision names: a request has the precision that auto stands for, and its name`()
    throws
  {
    func request(_ query: String, auto: Precision) throws -> FieldRequest {
      try FeatureRequest(
        pairs(query), cards: StubFeaturizer.cards, defaultModel: "stub14",
        precisions: PrecisionNames(usual: .float32) { auto }
      ).field
    }
    for precision in Precision.allCases {
      let automatic = try request("precision=auto", auto: precision)
      #expect(automatic.encodeOptions.precision == precision)
      #expect(automatic == (try request("precision=\(precision.rawValue)", auto: .float32)))
      #expect(try request("", auto: precision).encodeOptions.precision == .float32)
      // The same for a stored field.
      let again = try FeatureRequest(
        pairs("precision=auto"), among: [.features], of: automatic, card: .stub(),
        precisions: PrecisionNames { precision })
      #expect(again.field.encodeOptions.precision == precision)
    }
  }
}
