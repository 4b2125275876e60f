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
  @Option(
    help: """
      With --joint, so many parts of what the class token attends to in most images, in the folder \
      parts.
      """)
  var salientParts: Int?
  @Option(
    help: """
      In place of --salient-parts, or with it as the most: the first number of parts whose inertia is more than \
      this share of that of one less.
      """)
  var partsElbow: Double?
  @Option(help: "png, tiff or json; without --joint any format of labels.") var format: String?

  @OptionGroup(title: "What to look at, and how") var options: ClusterFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    guard joint || members.allSatisfy({ $0.name == JointClusters.Member.format.rawValue }) else {
      throw ValidationError(
        "--elbow, --most, --salient, --salient-parts and --parts-elbow go with --joint")
    }
    let composition = try Composition(try await flags.settings(), keeping: .nowhere)
    let folder = URL(fileURLWithPath: into, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if joint {
      try await together(composition, into: folder)
    } else {
      try await each(composition, into: folder)
    }
  }

  /// What is asked for of all images together, beside these.
  private var members: [(name: String, value: String)] {
    let given: [(JointClusters.Member, String?)] = [
      (.format, format), (.elbow, elbow.map { "\($0)" }), (.most, most.map { "\($0)" }),
      (.salient, salient ? "true" : nil), (.parts, salientParts.map { "\($0)" }),
      (.partsElbow, partsElbow.map { "\($0)" }),
    ]
    return given.compactMap { member, value in value.map { (member.rawValue, $0) } }
  }

  /// Options with the number of clusters.
  private var given: [(name: String, value: String)] {
    options.given + (number.map { [(Parameter.k.rawValue, "\($0)")] } ?? [])
  }

  private func each(_ composition: Composition, into folder: URL) async throws {
    let request: FeatureRequest
    do {
      request = try composition.services.fields.request(
        given + (format.map { [(Parameter.format.rawValue, $0)] } ?? []), among: [.clusters])
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    try await forEachImage(images) { image, name in
      let bytes = try bytes(ofFile: image, atMost: composition.settings.bodyBytes)
      let answer = try await withProgress(name) { progress in
        let source = try await composition.services.fields.source(.bytes(bytes), request.field)
        return try await composition.services.queries.answer(source, request, progress: progress)
      }
      let path = folder.appending(path: "\(name).\(answer.format.fileExtension)").path
      try await answer.write(to: path)
      print(path)
    }
  }

  private func together(_ composition: Composition, into folder: URL) async throws {
    guard images.count <= JointClusters.mostFields else {
      throw ValidationError("--joint takes at most \(JointClusters.mostFields) images")
    }
    let fields = composition.services.fields
    let names = Set(OutputKind.clusters.parameters.map(\.rawValue))
    let (field, clustering): (FeatureRequest, JointClusters)
    do {
      field = try fields.request(
        options.given.filter { !names.contains($0.name) }, among: [.clusters])
      clustering = try JointClusters(
        given.filter { names.contains($0.name) } + members, of: field.field.model,
        in: composition.services.models)
    } catch ClusteringError.malformed(let reason) {
      throw ValidationError(reason)
    } catch ClusteringError.option(let error) {
      throw ValidationError(Problem(error).detail)
    } catch let error as ParameterError {
      throw ValidationError(Problem(error).detail)
    }
    do {
      let answer = try await withProgress("clusters") { progress in
        var sources: [FieldSource] = []
        for image in images {
          sources.append(
            try await fields.source(
              .bytes(bytes(ofFile: image, atMost: composition.settings.bodyBytes)), field.field))
        }
        return try await composition.services.queries.clusters(
          of: sources, isKept: false, clustering, names: resultNames(of: images),
          progress: progress)
      }
      if let notice = answer.notice { report(notice) }
      for (name, bytes) in answer.files {
        let place = folder.appending(path: name)
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        let path = place.path
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
