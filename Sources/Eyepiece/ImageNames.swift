import ArgumentParser
import Foundation

/// The names of results: each image's without its extension; with it where two would be the same.
func resultNames(of images: [String]) -> [String] {
  let urls = images.map { URL(fileURLWithPath: $0) }
  let stems = urls.map { $0.deletingPathExtension().lastPathComponent }
  let counts = Dictionary(stems.map { ($0, 1) }, uniquingKeysWith: +)
  return zip(urls, stems).map { counts[$1] == 1 ? $1 : $0.lastPathComponent }
}

/// Works on images one after another: one that fails is reported, and the others are still done.
///
/// Throws the exit status 1 at the end where some failed.
func forEachImage(
  _ images: [String], _ work: (_ image: String, _ name: String) async throws -> Void
)
  async throws
{
  var failed = 0
  for (image, name) in zip(images, resultNames(of: images)) {
    do {
      try await work(image, name)
    } catch {
      failed += 1
      report("\(image): \(words(for: error))")
    }
  }
  guard failed > 0 else { return }
  report("\(failed) of \(images.count) failed")
  throw ExitCode.failure
}
