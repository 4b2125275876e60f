import Checkpoints
import Encoders

/// What speaks for one of several cards whose tensors are the same.
struct Disambiguation {
  private let fileName: String
  private let layout: CheckpointLayout.Publisher
  /// Whether the class token's position is zero, as that of MAE is; `nil` when it has none.
  private let isClassPositionZero: Bool?

  init(of checkpoint: Checkpoint, _ assembly: Assembly, fileName: String) {
    self.fileName = fileName
    layout = assembly.checkpointLayout.layout
    guard case .stored(let table, let name)? = assembly.tensors["pos_embed"]?.parts.first,
      let dim = table.shape.last, table.shape.count == 3
    else {
      isClassPositionZero = nil
      return
    }
    var pieces = checkpoint.pieces(of: table, named: name)
    let row = (try? pieces.next())?.prefix(dim)
    isClassPositionZero = row.map { $0.allSatisfy { $0 == 0 } }
  }

  func weight(of card: ModelCard) -> Int {
    var weight = 0
    if card.published.contains(where: { $0.isNamed(fileName) }) { weight += 8 }
    if card.name == fileName.stem { weight += 8 }
    if let isClassPositionZero, isClassPositionZero == (card.family == .mae) { weight += 4 }
    if card.published.contains(where: { $0.isWritten(in: layout) }) { weight += 2 }
    return weight
  }
}

extension ModelCard.Published {
  /// Whether a file's name is this one's, or its path has the repository's name.
  func isNamed(_ fileName: String) -> Bool {
    let name = file.split(separator: "/").last.map { String($0) } ?? file
    return !fileName.isEmpty
      && (fileName.stem == name.stem || fileName.split(separator: "/").contains { $0 == name })
  }

  /// Files of timm have Meta's names where models have no others.
  func isWritten(in layout: CheckpointLayout.Publisher) -> Bool {
    self.layout == layout.rawValue
      || layout == .meta && self.layout == CheckpointLayout.Publisher.timm.rawValue
  }
}

extension String {
  /// A path's last part, without what ends it as a checkpoint.
  fileprivate var stem: String {
    let name = split(separator: "/").last ?? ""
    for ending in [".pth", ".pt", ".ckpt", ".bin", ".safetensors"] where name.hasSuffix(ending) {
      return String(name.dropLast(ending.count))
    }
    return String(name)
  }
}
