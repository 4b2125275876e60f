import CResources

/// A file that is part of the program: the page's, the API's description, or the models' cards.
package struct EmbeddedFile: Sendable {
  /// Such as `page/index.html`.
  package let name: String
  package let bytes: [UInt8]

  /// All files, in the order of `CResources`.
  package static let all: [EmbeddedFile] = {
    var files: [EmbeddedFile] = []
    while let file = unsafe resource_at(Int32(files.count)) {
      // SAFETY: a constant table of names that end in NUL, and of bytes with their number.
      unsafe files.append(
        EmbeddedFile(
          name: String(cString: file.pointee.name),
          bytes: Array(UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.size))))
    }
    return files
  }()

  /// The bytes of a file that is there.
  package static func bytes(of name: String) -> [UInt8] {
    guard let file = all.first(where: { $0.name == name }) else {
      preconditionFailure("\(name) is not part of the program")
    }
    return file.bytes
  }
}
