import CMockDriver
import GPU

/// The made-up driver in a state that a test wants; tests that use it run one after another.
struct Mock {
  let driver: Driver

  init(seed: UInt64 = 1) {
    mock_reset(seed, nil, nil)
    driver = Driver(mock_driver())
  }

  /// Lets the n-th call, of all or of one function, return a code.
  func fail(_ symbol: String? = nil, at n: Int = 0, code: Int) {
    guard let symbol, let known = Mock.symbols.first(where: { $0 == symbol }) else {
      mock_fail(nil, n, Int32(code))
      return
    }
    // SAFETY: the text of a constant, which stays.
    unsafe known.utf8Start.withMemoryRebound(to: CChar.self, capacity: known.utf8CodeUnitCount) {
      unsafe mock_fail($0, n, Int32(code))
    }
  }

  private static let symbols: [StaticString] = [
    "cuInit", "cuDriverGetVersion", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetAttribute",
    "cuDevicePrimaryCtxRetain", "cuMemAlloc_v2", "cuModuleLoadData", "cuLaunchKernel",
    "cuEventQuery", "cuStreamSynchronize", "cuMemHostRegister_v2",
  ]

  /// The exported names of all calls.
  var calls: [String] {
    (0..<mock_calls()).compactMap { index in
      unsafe mock_call(index).map { unsafe String(cString: $0) }
    }
  }
}

private func == (text: StaticString, other: String) -> Bool { text.description == other }
