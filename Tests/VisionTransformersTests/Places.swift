import Foundation

/// Paths of test files; those outside the project may be missing, which is printed.
enum Places {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../.."
  ).standardizedFileURL

  static let golden = package.appending(path: "Tests/Fixtures/Golden")
  static let shared = package.appending(path: "../shared").standardizedFileURL
  static let modelFixtures = shared.appending(path: "reference/model_fixtures")
  static let weights = package.appending(path: "Weights/dinov2_vits14.safetensors")

  static func have(_ file: URL, for suite: String) -> Bool {
    let isThere = FileManager.default.fileExists(atPath: file.path)
    if !isThere { print("SKIPPED: \(suite), there is no \(file.path)") }
    return isThere
  }
}
