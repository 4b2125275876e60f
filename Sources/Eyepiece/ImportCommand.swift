import ArgumentParser
import Catalogue
import Checkpoints
import Files
import Encoders
import Foundation

/// `eyepiece models import`: a checkpoint as its authors published it becomes a model.
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take in a checkpoint as it was published, and say what it is.",
    discussion: """
      FILE is a .safetensors file, the .index.json of one in shards, what torch.save wrote, or a \
      folder as on Hugging Face's hub, from Meta, timm, torchvision or transformers. Nothing in it \
      is executed.
      """)

  @Argument(help: "The checkpoint.", transform: fileOfFolder) var file: String
  @Option(help: "What the model is to be called; its card's name, unless given.")
  var name: String?
  @Option(name: .customLong("as"), help: "The model that the file is, where tensors cannot tell.")
  var card: String?
  @Option(
    name: .customLong("for"),
    help: "The model, whose weights are here, that the file is a linear head for.")
  var body: String?
  @Option(help: "The key of the weights, where a file has several, such as model_ema.")
  var key: String?
  @Option(help: "How positions are resampled: \(ModelCard.PositionRule.names).")
  var positions: ModelCard.PositionRule?
  @Option(help: "The ε of every layer norm.") var epsilon: Float?
  @Option(help: "Colours' mean and deviation: \(Colours.names).") var colours: Colours?
  @Option(help: "Whether a decoder gives pixels normalised in each patch: true or false.")
  var normalisedPixels: Bool?
  @Flag(help: "Only say what the file is.") var dryRun = false
  @Flag(help: "Replace a model of the same name.") var replace = false
  @OptionGroup var flags: Flags

  func run() async throws {
    let folder = try await flags.settings().weights
    do {
      let cards = try Composition.cards(in: folder)
      let (checkpoint, names) = try checkpoint(among: cards, in: folder)
      let recognition = try ModelCatalogue(cards, Composition.tensors).recognise(
        checkpoint, fileName: file, as: body ?? card)
      let chosen = choose(recognition.card, names)
      say(recognition, chosen, checkpoint)
      let digest = try SHA256.digest(of: File(reading: file)).description
      print("  file      SHA-256 \(digest)\(judgement(of: digest, recognition.card))")
      if dryRun { return }
      let written = try ModelImport(checkpoint, recognition, as: chosen).write(
        into: folder, replacing: replace)
      print("  written   \(folder)/\(written.file), SHA-256 \(written.sha256 ?? "")")
    } catch let error as CatalogueError {
      throw ImportFailure(file: file, reason: error.words)
    } catch let error as CheckpointError {
      throw ImportFailure(file: file, reason: error.words)
    }
  }

  /// The file that holds a folder's weights, or the file itself.
  private static func fileOfFolder(_ path: String) -> String {
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"]
      .map { "\(path)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) } ?? path
  }

  /// The file, or what a model's file becomes with it as a head, with the names of its classes.
  private func checkpoint(
    among cards: [ModelCard], in folder: String
  ) throws -> (Checkpoint, names: [String]?) {
    let checkpoint = try Checkpoint(path: file, key: key)
    guard let body else { return (checkpoint, nil) }
    guard let card = cards.first(where: { $0.name == body }) else {
      throw CatalogueError.unknownCard(body)
    }
    let model = try Checkpoint(path: Composition.path(of: card, in: folder))
    let head = try LinearHead(checkpoint)
    return (try head.joined(to: model, of: card), head.names)
  }

  /// The card with what the flags say.
  private func choose(_ card: ModelCard, _ names: [String]?) -> ModelCard {
    var chosen = card
    if let names { chosen.head?.names = names }
    chosen.name = name ?? body.map { "\($0)_linear" } ?? card.name
    chosen.positions = positions ?? card.positions
    chosen.epsilon = epsilon ?? card.epsilon
    if let colours { (chosen.mean, chosen.std) = (colours.mean, colours.std) }
    if let normalisedPixels { chosen.decoder?.normalisedPixels = normalisedPixels }
    chosen.source = "\(URL(fileURLWithPath: file).lastPathComponent), \(card.source)"
    return chosen
  }

  private func say(_ recognition: Recognition, _ card: ModelCard, _ checkpoint: Checkpoint) {
    print("\(recognition.card.name): \(card.title), \(card.licence)")
    let wrappers = checkpoint.wrappers.isEmpty ? "" : ", under \(checkpoint.wrappers)"
    print(
      "  format    \(checkpoint.format.words)\(wrappers), \(recognition.checkpointLayout.title)")
    let parameters = recognition.tensors.reduce(0) { $0 + $1.count }
    print(
      "  tensors   \(recognition.tensors.count), all of their shapes; \(parameters) parameters")
    if !recognition.unused.isEmpty {
      print("  not used  \(recognition.unused.summary)")
    }
    print("  heads     \(card.heads), \(card.patch)-pixel patches, \(card.dim) channels")
    if let head = card.head {
      print("  classes   \(head.names?.summary ?? "\(head.classes)")")
    }
    print("  positions \(card.positions.rawValue) (--positions)")
    print("  epsilon   \(card.epsilon) (--epsilon)")
    print("  colours   \(Colours.named(card)) (--colours)")
    if let decoder = card.decoder {
      print("  decoder   normalised pixels \(decoder.normalisedPixels) (--normalised-pixels)")
    }
    if let upsampler = card.upsampler {
      print("  upsampler \(upsampler.doublings) doublings, for upsample=jbu")
    }
    if !recognition.others.isEmpty {
      print("  or        \(recognition.others.map(\.name).summary) (--as)")
    }
  }

  /// What a published digest says of the file's, where there is one.
  private func judgement(of digest: String, _ card: ModelCard) -> String {
    let known = card.published.compactMap(\.sha256)
    if known.contains(where: { digest.hasPrefix($0) }) { return ", as published" }
    let name = URL(fileURLWithPath: file).lastPathComponent
    let isNamed = card.published.contains { $0.file == name && $0.sha256 != nil }
    return isNamed ? ", which is NOT that of the published file" : ""
  }
}

/// The constants by which colours are normalised.
enum Colours: String, ExpressibleByArgument, CaseIterable {
  case imagenet, half, satellite

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  var mean: [Float] {
    switch self {
    case .imagenet: [0.485, 0.456, 0.406]
    case .half: [0.5, 0.5, 0.5]
    case .satellite: [0.430, 0.411, 0.296]
    }
  }

  var std: [Float] {
    switch self {
    case .imagenet: [0.229, 0.224, 0.225]
    case .half: [0.5, 0.5, 0.5]
    case .satellite: [0.213, 0.156, 0.143]
    }
  }

  static func named(_ card: ModelCard) -> String {
    allCases.first { $0.mean == card.mean && $0.std == card.std }?.rawValue ?? "\(card.mean)"
  }
}

extension ModelCard.PositionRule: ExpressibleByArgument {
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
