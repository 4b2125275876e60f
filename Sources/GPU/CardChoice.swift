/// Which cards are to encode.
package enum CardChoice: Sendable, Hashable {
  case none
  /// The first, and all of its kind.
  case all
  case one(uuid: String)

  /// Reads the setting; `nil` for anything that is no choice.
  package init?(_ text: String) {
    switch text {
    case "off": self = .none
    case "auto": self = .all
    case let uuid where ["GPU-", "MIG-"].contains { uuid.hasPrefix($0) }: self = .one(uuid: uuid)
    default: return nil
    }
  }

  /// The values of the setting in words.
  package static let words = "off, auto, or a card's UUID as nvidia-smi -L prints it (GPU-…, MIG-…)"

  /// What lets the driver show the chosen one alone.
  package var environment: [String: String] {
    switch self {
    case .none, .all: [:]
    case .one(let uuid): CardChoice.environment(of: uuid)
    }
  }

  /// Source: NVIDIA, CUDA programming guide, environment variables.
  package static func environment(of uuid: String) -> [String: String] {
    ["CUDA_VISIBLE_DEVICES": uuid, "CUDA_MODULE_LOADING": "LAZY"]
  }

  /// Those of some cards that are to encode: equal ones, so that all give the same bytes.
  package func cards(of all: [Card]) -> [Card] {
    switch self {
    case .none: []
    // A part of a card is called otherwise by the driver, which shows that one alone.
    case .one(let uuid): all.filter { $0.uuid == uuid || uuid.hasPrefix("MIG-") && all.count == 1 }
    case .all:
      all.filter { card in
        (card.major, card.minor, card.name) == (all[0].major, all[0].minor, all[0].name)
      }
    }
  }
}
