package import Checkpoints

/// A tensor as layers ask for it, and the file's tensors that it is made of.
package struct AssembledTensor: Sendable, Hashable {
  package enum Part: Sendable, Hashable {
    case stored(StoredTensor, name: String)
    case zeros(Int)
    case values([Float])
  }

  package let name: String
  package let shape: [Int]
  /// What follows one another, in C order.
  package let parts: [Part]

  /// The names of the file's tensors that went into it.
  package var sources: [String] {
    parts.compactMap { part in
      if case .stored(_, let name) = part { name } else { nil }
    }
  }

  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }
}
