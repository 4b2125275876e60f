import Files
import Foundation
import ImageCodecs

/// The images in a folder, in the order of their names, and the names of other files; folders in it
/// are not looked into.
func imageFiles(in folder: String) throws -> (images: [URL], others: [String]) {
  let files = try FileManager.default.contentsOfDirectory(
    at: URL(fileURLWithPath: folder, isDirectory: true),
    includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles
  ).filter { (try? $0.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory != true }
  return files.sorted { $0.path < $1.path }.reduce(into: ([URL](), [String]())) {
    if ImageFormat(ofFile: $1) == nil {
      $0.1.append($1.lastPathComponent)
    } else {
      $0.0.append($1)
    }
  }
}

extension ImageFormat {
  /// Recognises a file by its first bytes; `nil` too for what cannot be read.
  fileprivate init?(ofFile file: URL) {
    guard let bytes = try? File(reading: file.path).read(0..<ImageFormat.signatureReach) else {
      return nil
    }
    self.init(recognising: bytes)
  }
}
