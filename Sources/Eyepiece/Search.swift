import API
import Analysis
import ArgumentParser
import Encoders
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
  @Option(
    help: """
      cls, the class token; mean, gem or max of the patches; vlad, which compares the nearest by their \
      means again, by what their patches have beside a few that they have in common.
      """)
  var descriptor = "cls"
  @Option(help: "A name from eyepiece models list.") var model: String?
  @OptionGroup(title: "How images are seen") var options: FieldFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    guard top > 0 else { throw ValidationError("--top is 1 or more") }
    guard let rule = SearchDescriptor(name: descriptor) else {
      throw ValidationError(
        "--descriptor is one of \(SearchDescriptor.names.joined(separator: ", "))")
    }
    let parts = try Composition(settings, keeping: .nowhere)
    let describer = try Describer(parts, model: model, rule.kind, options.orDraft)
    let query = URL(fileURLWithPath: like)
    let vector = try await describer.vector(of: query)
    var (images, rows): ([URL], [[Float]]) = ([], [])
    for folder in folders {
      let (found, others) = try imageFiles(in: folder)
      if !others.isEmpty { report("\(folder): no images, passed over: \(others.summary)") }
      for image in found {
        do {
          rows.append(try await describer.vector(of: image))
          images.append(image)
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
      Matrix(rows: rows.count, columns: vector.count, rows.flatMap { $0 }))
    var found: [(image: Int, cosine: Float)]
    switch rule {
    case .vector: found = index.nearest(to: vector, most: top)
    case .vlad:
      let shortlist = index.nearest(to: vector, most: QueryService.mostByWords).map(\.image)
      let cosines = try await parts.services.queries.wordCosines(
        of: describer.firstView(of: query), with: shortlist.count
      ) { try await describer.firstView(of: images[shortlist[$0]]) }
      found = zip(shortlist, cosines).map { (image: $0, cosine: $1 ?? 0) }
        .sorted { (-$0.cosine, $0.image) < (-$1.cosine, $1.image) }
    }
    for (image, cosine) in found.prefix(top) {
      print("\(cosine)\t\(images[image].relativePath)")
    }
  }
}

/// Makes one vector of each image.
struct Describer {
  private let parts: Composition
  private let request: FieldRequest
  let kind: DescriptorKind

  init(
    _ parts: Composition, model: String?, _ kind: DescriptorKind,
    _ options: [(name: String, value: String)]
  ) throws {
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
    try await asked(image) { source, progress in
      try await parts.services.queries.descriptors(of: source, progress: progress)
    }
  }

  func firstView(of image: URL) async throws -> EncodedImage {
    try await asked(image) { source, progress in
      try await parts.services.queries.firstView(of: source, progress: progress)
    }
  }

  private func asked<Answer: Sendable>(
    _ image: URL, _ ask: (FieldSource, WorkProgress) async throws -> Answer
  ) async throws -> Answer {
    let bytes = try bytes(ofFile: image.path, atMost: parts.settings.bodyBytes)
    return try await withProgress(image.lastPathComponent) { progress in
      try await ask(parts.services.fields.source(.bytes(bytes), request), progress)
    }
  }
}
