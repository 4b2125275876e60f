/// Compiled kernels for some cards.
package struct KernelImage: Sendable {
  /// Such as `sm_90a`, or `compute_80` for those that the driver translates.
  package let architecture: String
  package let bytes: [UInt8]

  package init(architecture: String, bytes: [UInt8]) {
    (self.architecture, self.bytes) = (architecture, bytes)
  }

  /// Which of this program's a card runs; `nil` where there is none for it, as in this edition, whose
  /// kernels have been compiled for no card yet.
  package static func architecture(for card: Card) -> String? { nil }

  /// That image; `nil` where there is none.
  package static func image(for card: Card) -> KernelImage? { nil }

  /// The edition of the kernels' arithmetic.
  package static let edition = 1
}
