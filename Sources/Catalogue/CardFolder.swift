package import Encoders
import Files
import Foundation

/// The cards that imports left beside their tensors in the folder of weights.
package enum CardFolder {
  /// Bytes of a card, at most.
  private static let cardBytes = 1 << 20

  /// The cards known, with those of the folder in place of others of the same name or behind them.
  ///
  /// A card is `NAME.json` beside `NAME.safetensors`, and names itself, that file and a family that
  /// it fits; what is none is passed over, and named in `refused`.
  package static func cards(
    in folder: String, beside known: [ModelCard], _ tensors: ExpectedTensors.Source
  ) -> (cards: [ModelCard], refused: [String]) {
    let names = (try? FileSystem.names(in: folder)) ?? []
    let present = Set(names)
    var (cards, refused) = (known, [String]())
    for file in names.sorted() where file.hasSuffix(".json") {
      let name = String(file.dropLast(".json".count))
      guard present.contains("\(name).safetensors") else { continue }
      guard let card = card(named: name, in: folder), (try? tensors(card)) != nil else {
        refused.append(file)
        continue
      }
      if let place = cards.firstIndex(where: { $0.name == name }) {
        cards[place] = card
      } else {
        cards.append(card)
      }
    }
    return (cards, refused)
  }

  /// The sound card of a model's file, whether or not there are tensors beside it.
  static func card(named name: String, in folder: String) -> ModelCard? {
    guard
      let bytes = try? File(reading: "\(folder)/\(name).json").contents(limit: cardBytes),
      let card = try? JSONDecoder().decode(ModelCard.self, from: Data(bytes))
    else { return nil }
    let isIts = card.name == name && card.file == "\(name).safetensors"
    return isIts && card.isSound ? card : nil
  }
}
