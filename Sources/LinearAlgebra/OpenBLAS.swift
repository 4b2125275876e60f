import COpenBLAS

/// The library whose products and decompositions are used where no kernel of our own is.
package enum OpenBLAS {
  /// Its version, and the core type whose kernels it took: equal names, equal bytes.
  package static let name = "OpenBLAS \(version) \(core)"

  /// The core type that it takes this processor for, such as `Haswell`.
  package static let core: String = {
    // SAFETY: a constant string of the library's own.
    unsafe openblas_get_corename().map { unsafe String(cString: $0) } ?? "unknown"
  }()

  private static let version: Substring = {
    // SAFETY: a constant string of the library's own, `OpenBLAS 0.3.21 NO_LAPACKE …`.
    let text = unsafe openblas_get_config().map { unsafe String(cString: $0) } ?? ""
    return text.split(separator: " ").dropFirst().first ?? "unknown"
  }()

  /// The core type that would use more of a processor than `core` does; `nil` where none is known.
  package static func betterCore(
    than core: String, on processor: VectorInstructions? = .ofProcessor
  ) -> String? {
    let level = processor?.level ?? VECTOR_LEVEL_UNKNOWN
    // SAFETY: `core` is read during the call; what is returned is a constant string or NULL.
    return unsafe openblas_better_core(core, level).map { unsafe String(cString: $0) }
  }
}

/// Vector instructions of x86-64, each kind with those before it.
package enum VectorInstructions: String, Sendable, CaseIterable {
  case sse = "SSE"
  case avx = "AVX"
  /// With FMA.
  case avx2 = "AVX2"
  /// F, BW, DQ and VL.
  case avx512 = "AVX-512"

  /// What this processor has; `nil` on other architectures.
  package static let ofProcessor = VectorInstructions(processor_vector_level())

  /// What the processors have that a core type of OpenBLAS is for; `nil` for one not known here.
  package init?(ofCore core: String) {
    // SAFETY: `core` is read during the call.
    self.init(unsafe openblas_core_vector_level(core))
  }

  private init?(_ level: vector_level) {
    guard let kind = VectorInstructions.allCases.first(where: { $0.level == level }) else {
      return nil
    }
    self = kind
  }

  fileprivate var level: vector_level {
    switch self {
    case .sse: VECTOR_LEVEL_SSE
    case .avx: VECTOR_LEVEL_AVX
    case .avx2: VECTOR_LEVEL_AVX2
    case .avx512: VECTOR_LEVEL_AVX512
    }
  }
}
