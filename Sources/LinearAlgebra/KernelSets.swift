import Foundation

/// The compiled code that results come from: the same sets, the same bytes.
package struct KernelSets: Sendable, Hashable, Codable {
  /// Of the encoder.
  package let encoder: String
  /// Of mixtures of rows.
  package let rows: String
  /// Of all other products, and of decompositions.
  package let products: String

  package init(encoder: String, rows: String, products: String) {
    (self.encoder, self.rows, self.products) = (encoder, rows, products)
  }

  /// What the names of cards' encoders begin with.
  package static let cardMark = "cuda:"

  /// Whether a card encoded.
  package var isOfCard: Bool { encoder.hasPrefix(KernelSets.cardMark) }

  /// The same with another encoder.
  package func with(encoder: String) -> KernelSets {
    KernelSets(encoder: encoder, rows: rows, products: products)
  }

  /// Those in use.
  package static let current: KernelSets = .init(
    encoder: EncoderKernels.current.name, rows: RowKernels.current.name, products: OpenBLAS.name)
}

extension KernelSets {
  /// The environment variable that names the set that tests are to run with.
  package static let variable = "EYEPIECE_KERNELS"

  /// The set to use of those that this CPU can run, fastest first: the first, or the one named.
  ///
  /// A name that only the encoder's sets have takes the fastest of the rows'.
  package static func chosen<Kernels>(
    from all: [Kernels], name: KeyPath<Kernels, String>,
    named wanted: String? = ProcessInfo.processInfo.environment[variable]
  ) -> Kernels {
    guard let wanted else { return all[0] }
    let known = EncoderKernels.all.map(\.name)
    precondition(
      known.contains(wanted), "\(variable)=\(wanted): there are \(known.joined(separator: ", "))")
    return all.first { $0[keyPath: name] == wanted } ?? all[0]
  }
}
