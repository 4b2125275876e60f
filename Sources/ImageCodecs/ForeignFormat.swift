/// A file that is recognised and not read, with the way to one that is.
package struct ForeignFormat: Sendable, Hashable {
  /// The format's usual name.
  package let name: String
  /// The program or menu that exports a picture that is read.
  package let advice: String

  /// Recognises a file by its first bytes; `nil` if it is none of these.
  package init?(recognising bytes: [UInt8]) {
    let signatures: [(name: String, first: [UInt8], advice: String)] = [
      (
        "HDF5", [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A],
        "export the picture as TIFF with the program that wrote it, or with h5py and tifffile"
      )
    ]
    guard let match = signatures.first(where: { bytes.starts(with: $0.first) }) else { return nil }
    (name, advice) = (match.name, match.advice)
  }
}
