import Foundation
import LinearAlgebra
import Testing

@Suite("OpenBLAS") struct OpenBLASTests {
  /// What a processor has, the core type that the library took, and the better one.
  static let choices: [(VectorInstructions?, String, String?)] = [
    // Emerald Rapids under 0.3.21.
    (.avx512, "Prescott", "SkylakeX"), (.avx512, "prescott", "SkylakeX"),
    (.avx512, "Nehalem", "SkylakeX"), (.avx512, "Sandybridge", "SkylakeX"),
    (.avx512, "Haswell", "SkylakeX"), (.avx512, "Zen", "SkylakeX"),
    (.avx512, "SkylakeX", nil), (.avx512, "Cooperlake", nil), (.avx512, "SapphireRapids", nil),
    // One of AMD's after Zen 3 that has no AVX-512.
    (.avx2, "Barcelona", "Haswell"), (.avx2, "Prescott", "Haswell"),
    (.avx2, "Bulldozer", "Haswell"),
    (.avx2, "Haswell", nil), (.avx2, "Zen", nil), (.avx2, "Excavator", nil),
    // The operator's choice, which goes beyond the processor, is no slower one.
    (.avx2, "SkylakeX", nil),
    (.avx, "Core2", "Sandybridge"), (.avx, "Piledriver", nil), (.avx, "Sandybridge", nil),
    (.sse, "Prescott", nil), (.sse, "Core2", nil),
    // Nothing is known of one of the two.
    (.avx512, "Lunatic", nil), (.avx512, "", nil), (.avx512, "unknown", nil),
    (nil, "Prescott", nil), (nil, "NEOVERSEN1", nil),
  ]

  @Test(arguments: choices)
  func `OpenBLAS: a core type that uses less than the processor has is replaced`(
    has: VectorInstructions?, core: String, better: String?
  ) {
    #expect(OpenBLAS.betterCore(than: core, on: has) == better)
  }

  @Test func `OpenBLAS: what replaces a core type is never replaced`() {
    for (has, _, better) in Self.choices {
      guard let better else { continue }
      #expect(OpenBLAS.betterCore(than: better, on: has) == nil, "\(better)")
      #expect(VectorInstructions(ofCore: better) == has)
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil))
  func `OpenBLAS: the kernels in use fit this processor`() {
    #expect(OpenBLAS.betterCore(than: OpenBLAS.core) == nil, "\(OpenBLAS.name)")
  }

  @Test func `OpenBLAS: its name has the version and the core type`() {
    #expect(OpenBLAS.name.wholeMatch(of: #/OpenBLAS \d+\.\d+\.\d+\S* \w+/#) != nil)
    #expect(OpenBLAS.name.hasSuffix(" \(OpenBLAS.core)"))
  }
}
