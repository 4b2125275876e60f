import CKernels

/// Compiled kernels for some cards.
package struct KernelImage: Sendable {
  /// Such as `sm_90a`, or `compute_80` for those that the driver translates.
  package let architecture: String
  package let bytes: [UInt8]

  package init(architecture: String, bytes: [UInt8]) {
    (self.architecture, self.bytes) = (architecture, bytes)
  }

  /// Which of this program's a card runs; `nil` where there is none for it.
  package static func architecture(for card: Card) -> String? {
    var image = unsafe kernel_image()
    // SAFETY: the struct is filled with constants of the program, or the call says that it is not.
    guard unsafe kernel_image_for(Int32(card.major), Int32(card.minor), &image) != 0,
      let name = unsafe image.architecture
    else { return nil }
    return unsafe String(cString: name)
  }

  /// That image; `nil` where there is none.
  package static func image(for card: Card) -> KernelImage? {
    var image = unsafe kernel_image()
    // SAFETY: as above; there is room for as many bytes as the image has.
    guard let architecture = architecture(for: card),
      unsafe kernel_image_for(Int32(card.major), Int32(card.minor), &image) != 0
    else { return nil }
    var bytes = unsafe [UInt8](repeating: 0, count: image.size)
    guard unsafe kernel_image_inflate(&image, &bytes) != 0 else { return nil }
    return KernelImage(architecture: architecture, bytes: bytes)
  }

  /// The edition of the kernels' arithmetic.
  package static let edition = Int(KERNELS_EDITION)
}
