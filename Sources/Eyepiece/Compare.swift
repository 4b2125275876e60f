import API
import ArgumentParser
import Encoders
import Featurization
import Fields
import Files
import Foundation
import ImageCodecs

/// `eyepiece compare`: what some models make of folders of images, side by side.
struct Compare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare what models make of folders of images.",
    discussion: """
      Prints a line for each folder and model. Of the vectors of all patches, each image seen once \
      with its patches side by side:
        LOSS     what a masked autoencoder was trained to lessen, where parts that --seed chooses \
      are hidden: the mean squared error of their pixels; mean and deviation over the images. \
      Losses compare folders, and models that paint the same: patches of one size, pixels \
      normalised in each patch or not
        DIMS     directions of equal variance that would spread the vectors as evenly (the \
      participation ratio of the covariance's eigenvalues)
        TOP3     share of the variance in the first three principal components: what a PCA \
      picture can show
        NEARBY   how alike patches are that share a side: 1 where equal, 0 where no more than any \
      two of the same image (Moran's I)
        BETWEEN  share of the variance between images' means: what a classifier trained on one \
      image would take for a difference in another
        SECONDS  reading an image and encoding it, without the model's loading and the loss
      What is no image is named and passed over. The exit status is 1 when nothing could be compared.
      """)

  @Argument(help: "Folders of images (\(ImageFormat.names)); folders in them are not looked into.")
  var folders: [String]
  @Option(help: "Models, such as a,b,c; all whose weights are here, unless given.")
  var models: String?
  @Option(help: ArgumentHelp(stringLiteral: Parameter.resize.allowed)) var resize: String?
  @Option(help: ArgumentHelp(stringLiteral: Parameter.scale.allowed)) var scale: String?
  @Option(help: ArgumentHelp(stringLiteral: Parameter.layer.allowed)) var layer: String?
  @Option(help: ArgumentHelp(stringLiteral: Parameter.seed.allowed)) var seed: String?
  @Option(help: "A file for a plot of the table, SVG.") var plot: String?
  @Option(help: "A file for the table's numbers, JSON.") var json: String?
  @OptionGroup(title: "Settings") var flags: Flags

  func run() async throws {
    let settings = try await flags.settings()
    let parts = try Composition(settings, keeping: .nowhere)
    let candidates = try chosen(of: parts.services.models, in: settings.weights).map {
      try candidate($0, parts.services.fields)
    }
    for candidate in candidates { try await parts.load(candidate.card.name) }
    var rows: [ComparisonRow] = []
    for (folder, name) in zip(folders, folders.map { nameOfFolder($0) }) {
      let images = images(in: folder, called: name)
      for candidate in candidates {
        rows.append(await row(of: candidate, images, in: name, parts))
      }
    }
    rows.removeAll { $0.images == 0 }
    if rows.isEmpty {
      report("nothing could be compared")
      throw ExitCode.failure
    }
    print(ComparisonRow.table(rows))
    if let json { try ComparisonRow.json(rows).write(to: URL(fileURLWithPath: json)) }
    if let plot { try ComparisonRow.plot(rows).write(to: URL(fileURLWithPath: plot)) }
  }
}

extension Compare {
  /// A model and what it is asked.
  private struct Candidate {
    let card: ModelCard
    let features: FeatureRequest
    /// Of a model that has a decoder.
    let reconstruction: FeatureRequest?
  }

  /// The cards of the models that are named, or of those that are here.
  private func chosen(of models: ModelRegistry, in folder: String) throws -> [ModelCard] {
    guard let names = self.models?.split(separator: ",").map({ String($0) }) else {
      let here = models.cards.filter { models.isAvailable($0) }
      if here.isEmpty { throw CompositionError.weightsMissing("any model", folder: folder) }
      return here
    }
    return try names.map { name in
      guard let card = models.card(named: name) else {
        throw CompositionError.unknownModel(name, known: models.cards.map(\.name))
      }
      return card
    }
  }

  private func candidate(_ card: ModelCard, _ fields: FieldService) throws -> Candidate {
    func request(_ options: [(Parameter, String?)]) throws -> FeatureRequest {
      let common: [(Parameter, String?)] = [
        (.model, card.name), (.resize, resize), (.scale, scale),
      ]
      do throws(ParameterError) {
        return try FeatureRequest(
          (options + common).compactMap { parameter, value in value.map { (parameter.rawValue, $0) }
          },
          cards: fields.models.cards, defaultModel: card.name,
          precisions: fields.precisions)
      } catch {
        throw ValidationError(Problem(error).detail)
      }
    }
    return Candidate(
      card: card,
      features: try request([(.quality, Quality.draft.rawValue), (.grid, "patch"), (.layer, layer)]
      ),
      reconstruction: card.decoder == nil
        ? nil : try request([(.output, "reconstruction"), (.seed, seed)]))
  }

  /// A folder's last name, or all of it where two would be the same.
  private func nameOfFolder(_ folder: String) -> String {
    func last(_ path: String) -> String {
      URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    }
    return folders.filter { last($0) == last(folder) }.count == 1 ? last(folder) : folder
  }

  /// The images in a folder, in the order of their names; other files are named once.
  private func images(in folder: String, called name: String) -> [URL] {
    let (images, others): ([URL], [String])
    do {
      (images, others) = try imageFiles(in: folder)
    } catch {
      report("\(folder): \(words(for: error))")
      return []
    }
    if !others.isEmpty { report("\(name): no images, passed over: \(others.summary)") }
    return images
  }

  /// What one model makes of a folder's images; those that it cannot be asked about are named.
  private func row(
    of candidate: Candidate, _ images: [URL], in folder: String, _ parts: Composition
  ) async -> ComparisonRow {
    let (card, features) = (candidate.card, candidate.features)
    var statistics = FeatureStatistics(dim: card.channels(of: features.field.encodeOptions))
    var (losses, seconds) = (Spread(), Spread())
    for image in images {
      let progress = WorkProgress()
      let bar = ProgressBar(label: "\(card.name) \(image.lastPathComponent)", progress: progress)
      async let drawing: Void = bar.draw()
      var failure: (any Error)?
      do {
        let bytes = try bytes(ofFile: image.path, atMost: parts.settings.bodyBytes)
        let (map, duration) = try await parts.services.fields.patches(
          of: bytes, features, progress: progress)
        if let request = candidate.reconstruction {
          losses.add(
            try await parts.services.fields.loss(of: bytes, request, progress: progress))
        }
        statistics.add(map)
        seconds.add(duration / .seconds(1))
      } catch {
        failure = error
      }
      bar.end()
      await drawing
      if let failure {
        report("\(folder)/\(image.lastPathComponent), \(card.name): \(words(for: failure))")
      }
    }
    return ComparisonRow(
      folder: folder, model: card.name, statistics, loss: losses, seconds: seconds)
  }
}
