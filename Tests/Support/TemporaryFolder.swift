import Foundation

/// A folder of its own, removed when nobody holds it any more.
package final class TemporaryFolder: Sendable {
  package let path = FileManager.default.temporaryDirectory.appending(
    path: "eyepiece-\(UUID().uuidString)"
  ).path

  package init() {}

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The paths of all files whose own path has some text in it.
  package func files(with text: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: path)
    var found: [String] = []
    while let name = names?.nextObject() as? String {
      guard names?.fileAttributes?[.type] as? FileAttributeType == .typeRegular else { continue }
      if name.contains(text) { found.append("\(path)/\(name)") }
    }
    return found
  }
}
