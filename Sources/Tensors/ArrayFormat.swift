/// The kinds of files that arrays are written to.
package enum ArrayFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// NumPy's file of one array.
  case npy
  /// A ZIP archive of them, not compressed.
  case npz
  case safetensors
  /// The elements alone.
  case raw
  /// A page for each channel or picture, which ImageJ opens as a stack where elements are not
  /// float16.
  case tiff

  /// Whether a file holds named arrays, and not just one.
  package var holdsMany: Bool { self == .npz || self == .safetensors }

  /// Whether the elements stand channel after channel, `[channels, height, width]`.
  package var isPlanar: Bool { self == .tiff }
}

/// An array that is to be written: all but its elements.
package struct ArrayOutline: Sendable, Hashable {
  package let name: String
  /// Outermost axis first.
  package let shape: [Int]
  package let type: ElementType
  /// Bytes of all elements.
  package let byteCount: Int

  package init(name: String, shape: [Int], type: ElementType) {
    guard shape.allSatisfy({ $0 >= 0 }), let byteCount = type.byteCount(of: shape) else {
      preconditionFailure("an array of shape \(shape)")
    }
    self.name = name
    self.shape = shape
    self.type = type
    self.byteCount = byteCount
  }
}
