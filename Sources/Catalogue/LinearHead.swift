package import Checkpoints
package import Encoders
import Foundation

/// A linear classifier in a file of its own, to be put on a model that is here already.
///
/// Source: DINOv2's `dinov2_vits14_linear_head.pth` and `…_linear4_head.pth`, two tensors; DINO's
/// `dino_deitsmall16_linearweights.pth`, the same two as `module.linear.weight` and `.bias` among
/// what its training kept; the files of `eyepiece probe` and of `/classifiers`, which tell the classes'
/// names and what was learnt from.
package struct LinearHead: Sendable {
  private let checkpoint: Checkpoint
  /// What the names of weight and bias begin with.
  private let prefix: String
  /// Channels that it multiplies.
  private let width: Int
  /// What a file of Eyepiece's says of it.
  private let description: Description?

  /// The classes' names, where the file tells them.
  package var names: [String]? { description?.classes.map(\.name) }

  /// Throws where the file holds anything but a weight, `[classes, in]`, and a bias, `[classes]`.
  package init(_ checkpoint: Checkpoint) throws(CatalogueError) {
    let names = checkpoint.tensors.keys.sorted()
    let prefix = String((names.first ?? "").dropLast("bias".count))
    guard names == ["\(prefix)bias", "\(prefix)weight"], prefix.isEmpty || prefix.last == ".",
      let weight = checkpoint.tensors["\(prefix)weight"]?.shape, weight.count == 2,
      checkpoint.tensors["\(prefix)bias"]?.shape == [weight[0]]
    else { throw .notAHead(tensors: names) }
    (self.checkpoint, self.prefix, width) = (checkpoint, prefix, weight[1])
    description = try checkpoint.settings["head"].map { text throws(CatalogueError) in
      guard
        let known = try? JSONDecoder().decode(Description.self, from: Data(text.utf8)),
        known.classes.count == weight[0]
      else { throw .notAHead(tensors: names) }
      return known
    }
  }

  /// The tensors of a model's file with this head, in place of one that it may have.
  package func joined(
    to model: Checkpoint, of card: ModelCard
  ) throws(CatalogueError) -> Checkpoint {
    guard card.headKinds[width] != nil else {
      throw .wrongHead(card.name, wanted: card.headKinds.keys.sorted(), found: width)
    }
    if let description {
      let wanted = ["descriptor": "cls", "facet": "token", "layer": "\(card.depth - 1)"]
      for (name, value) in wanted.sorted(by: { $0.key < $1.key }) {
        guard let found = description[name], found != value else { continue }
        throw .headOfOtherVectors(name, wanted: value, found: found)
      }
    }
    return model.joined(
      with: checkpoint,
      names: ["\(prefix)weight": "head.weight", "\(prefix)bias": "head.bias"])
  }
}

/// What Eyepiece writes of a head beside its tensors, as far as it matters here.
private struct Description: Decodable {
  struct Class: Decodable { let name: String }

  let classes: [Class]
  let descriptor: String
  let options: [String: String]

  subscript(name: String) -> String? { name == "descriptor" ? descriptor : options[name] }
}

extension ModelCard {
  /// What a head may multiply, by the channels that it takes; nothing without a class token.
  ///
  /// Source: `eval_linear.py` of DINO, `eval/linear.py` of DINOv2.
  var headKinds: [Int: Head.Input] {
    guard hasClassToken, decoder == nil else { return [:] }
    return [
      dim: .pooled, 2 * dim: family == .dino ? .classAndMeanInterleaved : .classAndMean,
      4 * dim: .lastFour, 5 * dim: .lastFourAndMean,
    ]
  }
}
