/// A call of the driver that did not succeed.
package struct DriverError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The exported name of the function.
  package let call: String
  package let code: Int
  /// The driver's name of the code.
  package let name: String

  package init(call: String, code: Int, name: String) {
    (self.call, self.code, self.name) = (call, code, name)
  }

  package var description: String { "\(call) returned \(code) (\(name))" }

  package var reaction: Reaction { Reaction(code: code) }
}

/// What a code of the driver means for those who use the card.
///
/// Source of the codes: NVIDIA, CUDA driver API, `CUresult`.
package enum Reaction: String, Sendable, Hashable, CaseIterable {
  /// There is no card to be used here, or no driver that fits it: the CPU answers.
  case noCard = "no-card"
  /// The kernels are not for this card: others may be.
  case otherKernels = "other-kernels"
  /// Others hold the memory: less of it may do, or a moment's wait.
  case lessMemory = "less-memory"
  /// Another process has the card for itself: it may be free soon.
  case wait
  /// The context is of no use any more; only the end of its process leaves it.
  case endProcess = "end-process"

  package init(code: Int) {
    switch code {
    case 2: self = .lessMemory
    case 3, 34, 100, 101, 102, 802, 803, 804: self = .noCard
    case 46, 805...810: self = .wait
    case 200, 209, 222, 223, 300, 301, 500: self = .otherKernels
    // 214 ECC, 220 NVLink, 226 contained, 7xx faults of a kernel, 999 unknown, and whatever else.
    default: self = .endProcess
    }
  }
}
