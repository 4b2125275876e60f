import API
import Analysis
import ArgumentParser
import Featurization
import Files
import Foundation
import ImageCodecs
import LinearAlgebra

/// `eyepiece search`: which images of a folder are like one.
struct Search: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the images of folders that are most like one.",
    discussion: """
      Each image becomes one vector, and the cosines with that of --like are printed, the nearest \
      first. What is no image is named and passed over.
      """)

  @Argument(help: "Folders of images (\(ImageFormat.names)); folders in them are not looked into.")
  var folders: [String]
  @Option(help: "The image that others are to be like.") var like: String
  @Option(help: "The most images that are printed.") var top = 10
  @Option(help: "cls, the class token; mean or gem, means of the patches.") var descriptor = "cls"
  @Option(help: "A name from eyepiece models list.") var model: String?
  @OptionGroup(title: "How images are seen") var options: FieldFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    guard top > 0 else { throw ValidationError("--top is 1 or more") }
    let parts = try Composition(settings, keeping: .nowhere)
    let describer = try Describer(parts, model: model, descriptor, options.orDraft)
    let query = try await describer.vector(of: URL(fileURLWithPath: like))
    var (names, rows): ([String], [[Float]]) = ([], [])
    for folder in folders {
      let (images, others) = try imageFiles(in: folder)
      if !others.isEmpty { report("\(folder): no images, passed over: \(others.summary)") }
      for image in images {
        do {
          rows.append(try await describer.vector(of: image))
          names.append(image.relativePath)
        } catch {
          report("\(image.relativePath): \(words(for: error))")
        }
      }
    }
    guard !rows.isEmpty else {
      report("there is no image to compare with")
      throw ExitCode.failure
    }
    let index = DescriptorIndex(
      Matrix(rows: rows.count, columns: query.count, rows.flatMap { $0 }))
    for (image, cosine) in index.nearest(to: query, most: top) {
      print("\(cosine)\t\(names[image])")
    }
  }
}

/// Makes one vector of each image.
struct Describer {
  private let parts: Composition
  private let request: FieldRequest
  let kind: DescriptorKind

  init(
    _ parts: Composition, model: String?, _ descriptor: String,
    _ options: [(name: String, value: String)]
  ) throws {
    guard let kind = DescriptorKind(rawValue: descriptor) else {
      let names = DescriptorKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--descriptor is one of \(names)")
    }
    let named = model.map { [(name: Parameter.model.rawValue, value: $0)] } ?? []
    do {
      request = try parts.services.fields.request(options + named).field
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    (self.parts, self.kind) = (parts, kind)
  }

  /// The model that encodes.
  var model: String { request.model }

  func vector(of image: URL) async throws -> [Float] { try await descriptors(of: image)[kind] }

  func descriptors(of image: URL) async throws -> FieldDescriptors {
    let bytes = try bytes(ofFile: image.path, atMost: parts.settings.bodyBytes)
    return try await withProgress(image.lastPathComponent) { progress in
      let source = try await parts.services.fields.source(.bytes(bytes), request)
      return try await parts.services.queries.descriptors(of: source, progress: progress)
    }
  }
}
