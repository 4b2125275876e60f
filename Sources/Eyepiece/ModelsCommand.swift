import ArgumentParser
import Checkpoints
import Files
import Encoders
import Featurization
import Foundation
import VisionTransformers

/// `eyepiece models`: what can be asked for, and whether its weights are sound.
struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List models, import their weights, verify them.",
    subcommands: [List.self, ImportCommand.self, Verify.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the models known.")

    @Flag(help: "Only models whose weights are here.") var here = false
    @OptionGroup var flags: Flags

    func run() async throws {
      let folder = try await flags.settings().weights
      print(
        columns(
          "NAME", "FAMILY", "PARAMETERS", "PATCH", "DIM", "WEIGHTS", "SHA-256", "LICENCE", "SOURCE")
      )
      for card in try Composition.cards(in: folder) {
        let path = Composition.path(of: card, in: folder)
        let isHere = FileManager.default.fileExists(atPath: path)
        if here && !isHere { continue }
        print(
          columns(
            card.name, card.family.rawValue, "\(try card.tensors().parameters)", "\(card.patch)",
            "\(card.dim)", isHere ? "here" : "missing", "\(card.sha256?.prefix(12) ?? "-")",
            card.licence, card.source))
      }
    }

    private func columns(_ fields: String...) -> String {
      zip(fields, [39, 8, 13, 7, 6, 9, 14, 17, 0]).map {
        $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0)
      }.joined()
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read models' weights: the digest, and every tensor's name and shape.")

    @Argument(help: "Models; all whose weights are here when none is named.")
    var names: [String] = []

    @OptionGroup var flags: Flags

    func run() async throws {
      let folder = try await flags.settings().weights
      let cards = try Composition.cards(in: folder)
      for name in names where !cards.contains(where: { $0.name == name }) {
        throw CompositionError.unknownModel(name, known: cards.map(\.name))
      }
      let chosen = cards.filter { card in
        names.isEmpty
          ? FileManager.default.fileExists(atPath: Composition.path(of: card, in: folder))
          : names.contains(card.name)
      }
      if chosen.isEmpty { throw CompositionError.weightsMissing("any model", folder: folder) }
      var isSound = true
      for card in chosen {
        do {
          let digest = try Composition.read(card, from: folder).digest
          print("\(card.name): sound, SHA-256 \(digest)")
        } catch {
          isSound = false
          print("\(card.name): \(error.words)")
        }
      }
      if !isSound { throw ExitCode.failure }
    }
  }
}

extension FeaturizationError {
  /// For the operator, who may know more than a client.
  fileprivate var words: String {
    switch self {
    case .weightsMissing: "its file is missing"
    case .weightsRefused(_, let reason): reason
    default: "\(self)"
    }
  }
}
