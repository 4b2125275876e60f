import Synchronization

/// A tensor that a loader asks for.
package struct TensorRequest: Sendable, Hashable {
  /// What a tensor that a file lacks is made of.
  package enum Fallback: Sendable, Hashable {
    case zeros
    case values([Float])
  }

  package let name: String
  package let shape: [Int]
  /// `nil` where the file must have it.
  package let fallback: Fallback?

  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }
}

extension [TensorRequest] {
  /// Elements of all tensors.
  package var parameters: Int { reduce(0) { $0 + $1.count } }
}

extension TensorRequest.Fallback {
  /// The values of so many elements, in C order.
  func values(_ count: Int) -> [Float] {
    switch self {
    case .zeros: [Float](repeating: 0, count: count)
    case .values(let values): values
    }
  }
}

/// What was asked for, in order, shared by all prefixes of one checkpoint.
final class TensorRequests: Sendable {
  private let list = Mutex<[TensorRequest]>([])

  func append(_ request: TensorRequest) {
    list.withLock { $0.append(request) }
  }

  var all: [TensorRequest] { list.withLock { $0 } }
}
