import Foundation
package import Cache

/// A folder of its own, removed when nobody holds it any more.
package final class TemporaryFolder: Sendable {
  package let path = FileManager.default.temporaryDirectory.appending(
    path: "eyepiece-\(UUID().uuidString)"
  ).path

  package init() {}

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// A store here, as soon as nobody has one: the last task of a former owner may still be ending.
  package func store(budget: Int) async throws -> DiskStore {
    var store: DiskStore?
    _ = await eventually {
      store = try? DiskStore(at: path, budget: budget)
      return store != nil
    }
    return try store ?? DiskStore(at: path, budget: budget)
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
