import Foundation

/// Writes bytes to a file of their own and removes it after `body`.
@discardableResult
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appending(
    path: "eyepiece-checkpoint-\(UUID().uuidString).safetensors")
  defer { try? FileManager.default.removeItem(at: url) }
  try Data(bytes).write(to: url)
  return try body(url.path)
}
