import Files
import Foundation
import Cache

/// A folder of its own, removed when the test is over.
final class TestFolder {
  let path = FileManager.default.temporaryDirectory.appending(
    path: "eyepiece-store-\(UUID().uuidString)"
  ).path

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func store(budget: Int = 1 << 30) throws -> DiskStore {
    try DiskStore(at: path, budget: budget, namespaces: [.fields, .images])
  }

  func file(of key: Digest, in namespace: Namespace = .fields) -> String {
    "\(path)/\(EntryName(key, in: namespace).path)"
  }

  func bytes(of key: Digest) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: file(of: key))))
  }

  func put(_ bytes: [UInt8], at path: String) throws {
    let url = URL(filePath: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Relative paths and lengths of all files.
  func files() -> [String: Int] {
    let files = FileManager.default.enumerator(atPath: path)
    var result: [String: Int] = [:]
    while let name = files?.nextObject() as? String {
      guard files?.fileAttributes?[.type] as? FileAttributeType == .typeRegular else { continue }
      result[name] = files?.fileAttributes?[.size] as? Int
    }
    return result
  }

  /// The keys of the entries' files in a namespace.
  func keys(in namespace: Namespace) -> [Digest] {
    files().keys.filter { $0.hasPrefix("\(namespace.name)/") }
      .compactMap { Digest(hex: URL(filePath: $0).lastPathComponent) }
  }

  /// What the files take, in whole blocks.
  func footprint() -> Int {
    files().values.reduce(0) { $0 + EntryLayout.footprint(file: $1) }
  }

  /// What is left of writes that did not end.
  func temporaries() -> [String] { files().keys.filter { $0.hasPrefix(".temporary/") } }
}

extension Namespace {
  static let fields = Namespace("fields")
  static let images = Namespace("images")
}

func key(_ number: Int) -> Digest { SHA256.digest(of: Array("\(number)".utf8)) }

/// Bytes that follow from a number.
func noise(_ count: Int, seed: Int = 1) -> [UInt8] {
  var state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}
