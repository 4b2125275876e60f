import Catalogue
import Checkpoints
import Encoders
import VisionTransformers

extension ModelCatalogue {
  /// Goes by the loaders of `VisionTransformers`, as the program does.
  init(_ cards: [ModelCard]) throws(CatalogueError) {
    try self.init(cards) { card throws(CheckpointError) in try card.tensors() }
  }
}

extension CardFolder {
  /// The same of cards in a folder.
  static func cards(
    in folder: String, beside known: [ModelCard]
  ) -> (cards: [ModelCard], refused: [String]) {
    cards(in: folder, beside: known) { card throws(CheckpointError) in try card.tensors() }
  }
}
