import API
import ArgumentParser
import Encoders
import Featurization
import Files
import Foundation
import ImageCodecs

/// `eyepiece cluster`: groups of like pixels, of each image or the same in all.
struct Cluster: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put the pixels of images into clusters, without labels.",
    discussion: """
      Of each image a picture of its clusters, numbered from 1 by descending area; with --joint a \
      number and its colour mean the same in all images, and the folder also gets clusters.json and, \
      where a linear map tells the clusters, centroids.safetensors. Without --joint a file that fails \
      is reported and the others are still done.
      """)

  @Argument(help: "Images: \(ImageFormat.names).") var images: [String]
  @Option(name: [.customShort("o"), .long], help: "Folder of the results.")
  var into = "."
  @Option(
    name: [.customShort("k"), .customLong("k")], help: "The number of clusters; 8 unless given.")
  var number: Int?
  @Flag(help: "The same clusters in all images.") var joint = false
  @Option(
    help: """
      With --joint, in place of -k: the first number of clusters whose inertia is more than this share \
      of that of one less.
      """)
  var elbow: Double?
  @Option(help: "With --elbow, the most clusters.") var most: Int?
  @Flag(help: "With --joint, tell which clusters the class token attends to.") var salient = false
  @Option(help: "png, tiff or json; without --joint any format of labels.") var format: String?

  @OptionGroup(title: "What to look at, and how") var options: ClusterFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    guard joint || (elbow == nil && most == nil && !salient) else {
      throw ValidationError("--elbow, --most and --salient go with --joint")
    }
    guard most == nil || elbow != nil, elbow == nil || number == nil else {
      throw ValidationError("--elbow takes the place of -k, and --most goes with it")
    }
    if let elbow, !(elbow > 0 && elbow <= 1) {
      throw ValidationError("--elbow is above 0 and at most 1")
    }
    let parts = try Composition(try await flags.settings(), keeping: .nowhere)
    let folder = URL(fileURLWithPath: into, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if joint {
      try await together(parts, into: folder)
    } else {
      try await each(parts, into: folder)
    }
  }

  /// Options with the number of clusters.
  private var given: [(name: String, value: String)] {
    options.given + (number.map { [(Parameter.k.rawValue, "\($0)")] } ?? [])
  }

  private func each(_ parts: Composition, into folder: URL) async throws {
    let request: FeatureRequest
    do {
      request = try parts.services.fields.request(
        given + (format.map { [(Parameter.format.rawValue, $0)] } ?? []), among: [.clusters])
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    try await forEachImage(images) { image, name in
      let bytes = try bytes(ofFile: image, atMost: parts.settings.bodyBytes)
      let answer = try await withProgress(name) { progress in
        let source = try await parts.services.fields.source(.bytes(bytes), request.field)
        return try await parts.services.queries.answer(source, request, progress: progress)
      }
      let path = folder.appending(path: "\(name).\(answer.format.fileExtension)").path
      try await answer.write(to: path)
      print(path)
    }
  }

  private func together(_ parts: Composition, into folder: URL) async throws {
    guard images.count <= JointClusters.mostFields else {
      throw ValidationError("--joint takes at most \(JointClusters.mostFields) images")
    }
    guard let format = JointClusters.Format(rawValue: format ?? "png") else {
      throw ValidationError("With --joint the format is png, tiff or json")
    }
    let fields = parts.services.fields
    let names = Set(OutputKind.clusters.parameters.map(\.rawValue))
    let (field, clustering): (FeatureRequest, JointClusters)
    do {
      field = try fields.request(
        options.given.filter { !names.contains($0.name) }, among: [.clusters])
      let bound = elbow.map { _ in
        [(Parameter.k.rawValue, "\(most ?? JointClusters.usualMost)")]
      }
      clustering = try JointClusters(
        given.filter { names.contains($0.name) } + (bound ?? []), format: format, elbow: elbow,
        isSalient: salient, of: field.field.model, in: parts.services.models)
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    do {
      let answer = try await withProgress("clusters") { progress in
        var sources: [FieldSource] = []
        for image in images {
          sources.append(
            try await fields.source(
              .bytes(bytes(ofFile: image, atMost: parts.settings.bodyBytes)), field.field))
        }
        return try await parts.services.queries.clusters(
          of: sources, isKept: false, clustering, names: resultNames(of: images),
          progress: progress)
      }
      if let notice = answer.notice { report(notice) }
      for (name, bytes) in answer.files {
        let path = folder.appending(path: name).path
        let file = try AtomicFile(replacing: path)
        try file.write(bytes)
        try file.publish()
        print(path)
      }
    } catch {
      report(words(for: error))
      throw ExitCode.failure
    }
  }
}
