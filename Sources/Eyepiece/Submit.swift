import ArgumentParser
import Featurization
import Files
import Foundation
import ImageCodecs
import Synchronization

/// `eyepiece submit`: many images to a server, and their answers back.
struct Submit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have a server work on many images, and fetch the results.",
    discussion: """
      Images that the server has are not sent again, results that are in the folder are not asked for \
      again. Whatever ends this program or the server: the same command goes on. With --classifier the \
      images are segmented; options are those of the server. Needs curl.
      """)

  @Argument(help: "Images: \(ImageFormat.names).") var images: [String]
  @Option(help: "The server, such as http://localhost:8471.") var to: String
  @Option(name: [.customShort("o"), .long], help: "Folder of the results.")
  var into = "."
  @Option(help: "A token, where the server asks for one; else that of EYEPIECE_TOKEN.")
  var token: String?

  @OptionGroup(title: "What to compute") var options: SubmitOptions

  /// Images of one batch.
  static let largestBatch = 1000

  func run() async throws {
    let folder = URL(fileURLWithPath: into, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var base = to.contains("://") ? to : "http://\(to)"
    while base.hasSuffix("/") { base.removeLast() }
    let server = RemoteServer(
      base: base, token: token ?? ProcessInfo.processInfo.environment["EYEPIECE_TOKEN"])
    var failed = 0
    var wanted: [SubmittedBatch.Image] = []
    for (path, name) in zip(images, resultNames(of: images)) where !isThere(name, in: folder) {
      do {
        let digest = try SHA256.digest(of: File(reading: path))
        wanted.append(SubmittedBatch.Image(path: path, name: name, digest: digest))
      } catch {
        failed += 1
        report("\(path): \(words(for: error))")
      }
    }
    if wanted.count < images.count - failed {
      report("\(images.count - failed - wanted.count) results are here already")
    }
    while !wanted.isEmpty {
      let some = Array(wanted.prefix(Submit.largestBatch))
      wanted.removeFirst(some.count)
      let batch = SubmittedBatch(
        server: server, images: some, options: options.given, folder: folder)
      do {
        failed += try await batch.run { line in
          guard isatty(STDERR_FILENO) == 1 else { return }
          FileHandle.standardError.write(Data("\r\(line)\u{1B}[K".utf8))
        }
      } catch let error as RemoteServerError {
        report("\(base): \(error)")
        throw ExitCode.failure
      }
    }
    guard failed > 0 else { return }
    report("\(failed) of \(images.count) failed")
    throw ExitCode.failure
  }

  /// Whether a result is in the folder, under the extension that it will have.
  private func isThere(_ name: String, in folder: URL) -> Bool {
    guard let end = fileExtension else { return false }
    return FileManager.default.fileExists(
      atPath: folder.appending(path: "\(name).\(end)").path)
  }

  /// The extension of the results, where the options tell it.
  private var fileExtension: String? {
    let value = { (name: Parameter) in
      options.given.first { $0.name == name.rawValue }?.value
    }
    if let format = value(.format) {
      return FeatureRequest.Format(rawValue: format)?.fileExtension
    }
    if value(.classifier) != nil {
      return value(.output) == OutputKind.measurements.name ? "csv" : "png"
    }
    let output = value(.output) ?? OutputKind.features.name
    return OutputKind.ofImages.first { $0.name == output }?.formats.first?.fileExtension
  }
}

/// Every option that a job may have.
package struct SubmitOptions: FlagTable {
  package static let rows = Parameter.allCases
    .filter { ![.image, .for, .x, .y, .top].contains($0) }
    .map { FlagRow(name: $0.rawValue, help: $0.allowed) }
  package var given: [(name: String, value: String)] = []

  package init() {}
}

/// Counts from 1.
final class Counter: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func next() -> Int {
    value.withLock {
      $0 += 1
      return $0
    }
  }
}
