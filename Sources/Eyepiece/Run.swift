import API
import ArgumentParser
import Encoders
import Featurization
import Files
import Foundation
import ImageCodecs

/// `eyepiece run`: the server's work on files, the same bytes.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Featurize image files.",
    discussion: "A file that fails is reported and the others are still done; the exit status "
      + "is then 1.")

  @Argument(help: "Images: \(ImageFormat.names).") var images: [String]
  @Option(name: [.customShort("o"), .long], help: "Folder of the results.")
  var into = "."
  @Flag(
    help: ArgumentHelp(
      "Leave results that are there and are what would be made; a small file beside each tells."))
  var resume = false
  @Option(
    help: ArgumentHelp(
      "Work on a part of the images, chosen by their digests: 0/4 is the first of four.",
      valueName: "i/n"))
  var shard: Shard?

  @OptionGroup(title: "What to compute") var options: RequestOptions
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    let parts = try Composition(settings, keeping: .nowhere)
    let request: FeatureRequest
    do {
      request = try parts.services.fields.request(options.given)
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    let folder = URL(fileURLWithPath: into, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try await forEachImage(images) { image, name in
      try await made(image, request, parts, into: folder, name: name)
    } write: {
      try await $0.write()
    }
  }

  /// The result of one image; `nil` where it is another shard's, or was made before.
  private func made(
    _ image: String, _ request: FeatureRequest, _ parts: Composition, into folder: URL,
    name: String
  ) async throws -> RunResult? {
    let bytes = try bytes(ofFile: image, atMost: parts.settings.bodyBytes)
    if let shard, !shard.contains(SHA256.digest(of: bytes)) { return nil }
    let source = try await parts.services.fields.source(.bytes(bytes), request.field)
    let path = folder.appendingPathComponent("\(name).\(request.format.fileExtension)").path
    let mark = ResultMark(of: path)
    if resume, mark.names(source.record.name(of: request)) { return nil }
    let answer = try await withProgress(name) { progress in
      try await parts.services.queries.answer(source, request, progress: progress)
    }
    return RunResult(answer: answer, path: path, mark: resume ? mark : nil)
  }
}

/// An answer on its way to a file.
private struct RunResult: Sendable {
  let answer: Answer
  let path: String
  let mark: ResultMark?

  /// Writes the file, under another name until it is whole, and tells its path.
  func write() async throws {
    try await answer.write(to: path)
    try mark?.set(answer.name)
    print(path)
  }
}
