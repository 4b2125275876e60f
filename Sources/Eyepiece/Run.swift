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

  @OptionGroup(title: "What to compute") var options: RequestOptions
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    let parts = try Composition(settings, keeps: false)
    let request: FeatureRequest
    do {
      request = try parts.services.fields.request(options.given)
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    let folder = URL(fileURLWithPath: into, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var failed = 0
    for (image, name) in zip(images, resultNames) {
      do {
        print(try await featurize(image, request, parts, into: folder, name: name))
      } catch {
        failed += 1
        report("\(image): \(words(for: error))")
      }
    }
    if failed > 0 {
      report("\(failed) of \(images.count) failed")
      throw ExitCode.failure
    }
  }

  /// One image to one file, written under another name until it is whole.
  private func featurize(
    _ image: String, _ request: FeatureRequest, _ parts: Composition, into folder: URL,
    name: String
  ) async throws -> String {
    let bytes = try bytes(ofFile: image, atMost: parts.settings.bodyBytes)
    let progress = WorkProgress()
    let bar = ProgressBar(label: name, progress: progress)
    async let drawing: Void = bar.draw()
    defer { bar.end() }
    let source = try await parts.services.fields.source(.bytes(bytes), request.field)
    let answer = try await parts.services.queries.answer(source, request, progress: progress)
    let path = folder.appendingPathComponent("\(name).\(answer.format.fileExtension)").path
    let file = try AtomicFile(replacing: path)
    switch answer.body {
    case .whole(let bytes): try file.write(bytes)
    case .stream(let stream): try await stream.write { try file.write($0) }
    }
    try file.publish()
    bar.end()
    await drawing
    return path
  }

  /// Each image's name without its extension; with it where two would be the same.
  private var resultNames: [String] {
    let urls = images.map { URL(fileURLWithPath: $0) }
    let stems = urls.map { $0.deletingPathExtension().lastPathComponent }
    let counts = Dictionary(stems.map { ($0, 1) }, uniquingKeysWith: +)
    return zip(urls, stems).map { counts[$1] == 1 ? $1 : $0.lastPathComponent }
  }
}
