import Checkpoints
import Foundation
import Testing

/// Files that `torch.save` wrote, with what is in them.
enum PyTorchFixtures {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../.."
  ).standardizedFileURL

  static let folder = package.appending(path: "Tests/Fixtures/PyTorch")
  /// Those beside the project, made by other hands.
  static let shared = package.appending(path: "../shared/reference/model_fixtures/pth")
    .standardizedFileURL

  static let haveShared: Bool = {
    let isThere = FileManager.default.fileExists(atPath: shared.path)
    if !isThere { print("SKIPPED: the shared checkpoints, there is no \(shared.path)") }
    return isThere
  }()

  static func bytes(_ name: String, in folder: URL = folder) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  static func open(_ name: String, in folder: URL = folder) throws -> Checkpoint {
    try Checkpoint(path: folder.appending(path: name).path)
  }

  static var names: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".pth") }.sorted()
    }
  }

  /// A checkpoint's tensors are those expected of a group: names, shapes and every value.
  static func expect(
    _ checkpoint: Checkpoint, isGroup group: String, in folder: URL = folder
  ) throws {
    let expected = try Checkpoint(
      path: folder.appending(path: "expected.safetensors").path)
    let names = expected.tensors.keys.filter { $0.hasPrefix("\(group).") }
    #expect(!names.isEmpty)
    #expect(
      Set(checkpoint.tensors.keys) == Set(names.map { String($0.dropFirst(group.count + 1)) }))
    for name in names {
      let own = String(name.dropFirst(group.count + 1))
      #expect(checkpoint.tensors[own]?.shape == expected.tensors[name]?.shape, "\(own)")
      #expect(checkpoint.tensors[own]?.dataType == expected.tensors[name]?.dataType, "\(own)")
      let (found, wanted) = (try checkpoint.floats(own), try expected.floats(name))
      #expect(found.map(\.bitPattern) == wanted.map(\.bitPattern), "\(own)")
    }
  }
}
