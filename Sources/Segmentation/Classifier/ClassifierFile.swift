package import Files
import Foundation
import LinearAlgebra
import Tensors

/// A classifier's file: a safetensors file of its numbers, and one text of JSON beside them.
///
/// `mean` and `scale` are those of the classical features. Of a linear model `coef` and `intercept` are
/// as scikit-learn has them, and `folded_coef` and `folded_intercept` take features as they are; of
/// `refit_coef` and `refit_intercept` are such models without a share of the strokes each, where these were
/// asked for. Of
/// trees `roots`, `feature`, `threshold`, `left`, `right` and `value` are the nodes, which take
/// features as they are, and `base` is what boosting begins from. A digest tells damage. Equal classifiers are equal bytes.
package enum ClassifierFile {
  /// Longest file that is read, in bytes.
  package static let longest = 64 << 20
  /// Longest header, in bytes.
  package static let longestHeader = 1 << 20
  /// Most dimensions of the field's vectors.
  package static let mostDims = 1 << 14
  /// The largest magnitude of a number in it.
  package static let largest = 1e30

  static let format = "eyepiece-classifier/1"
  /// The names, among the file's metadata, of the text and of the digest of text and numbers.
  static let key = "classifier"
  static let digestKey = "sha256"

  /// What the text holds.
  struct Description: Codable {
    var classes: [LabelClass]
    var features: FeatureSet
    var deepDim: Int
    var kind: String
    var ids: [UInt8]
    var provenance: Provenance
  }
}

extension Classifier {
  /// The file's bytes.
  package var file: [UInt8] { file(description) }

  /// The digest of all that makes a difference: not of names, colours and the time.
  package var id: Digest {
    var description = self.description
    description.classes = classes.map {
      LabelClass(id: $0.id, name: "\($0.id)", color: LabelClass.palette[0])
    }
    description.provenance.created = ""
    return SHA256.digest(of: file(description))
  }

  private var description: ClassifierFile.Description {
    ClassifierFile.Description(
      classes: classes, features: features, deepDim: deepDim, kind: model.kind, ids: ids,
      provenance: provenance)
  }

  private func file(_ description: ClassifierFile.Description) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Values of these types can always be written.
    let text = (try? encoder.encode(description)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return ClassifierFile.bytes(
      of: tensors, format: ClassifierFile.format, key: ClassifierFile.key, text: text)
  }

  private var tensors: [ClassifierFile.Tensor] {
    let channels = standardisation.mean.count
    let statistics: [ClassifierFile.Tensor] = [
      .init("mean", [channels], standardisation.mean),
      .init("scale", [channels], standardisation.scale),
    ]
    switch model {
    case .linear(let model):
      let (coefficients, intercepts) = model.published
      let folded = FoldedModel(model, deepDim: deepDim, standardisation)
      return [
        .init("coef", [intercepts.count, model.dim], coefficients),
        .init("intercept", [intercepts.count], intercepts),
      ] + statistics + [
        .init(
          "folded_coef", [ids.count, model.dim],
          folded.joined(deepDim: deepDim, channels: channels)),
        .init("folded_intercept", [ids.count], folded.bias),
      ] + refitTensors
    case .trees(let trees):
      let nodes = [trees.features.count]
      var base: [ClassifierFile.Tensor] = []
      if case .sum(let values) = trees.combination {
        base = [.init("base", [values.count], values)]
      }
      return statistics + [
        .init("roots", [trees.roots.count], trees.roots),
        .init("feature", nodes, trees.features), .init("threshold", nodes, trees.thresholds),
        .init("left", nodes, trees.left), .init("right", nodes, trees.right),
        .init("value", nodes + [ids.count], trees.values),
      ] + base
    }
  }
}

extension Classifier {
  private var refitTensors: [ClassifierFile.Tensor] {
    guard let first = refits.first else { return [] }
    let published = refits.map(\.published)
    let vectors = first.published.intercepts.count
    return [
      .init(
        "refit_coef", [refits.count, vectors, first.dim], published.flatMap(\.coefficients)),
      .init("refit_intercept", [refits.count, vectors], published.flatMap(\.intercepts)),
    ]
  }
}

extension ClassifierFile {
  /// A safetensors file of tensors, a text under a key of its metadata, and a digest of both.
  package static func bytes(
    of tensors: [Tensor], format: String, key: String, text: String
  ) -> [UInt8] {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    for tensor in tensors { hash.update(tensor.bytes) }
    var writer = ArrayWriter(
      tensors.map(\.outline), as: .safetensors,
      metadata: ["format": format, key: text, digestKey: "\(hash.finalise())"])
    var bytes: [UInt8] = []
    for tensor in tensors {
      bytes += writer.begin()
      writer.pass(tensor.bytes)
      bytes += tensor.bytes
    }
    return bytes + writer.end()
  }

  /// One of its tensors.
  package struct Tensor {
    fileprivate let outline: ArrayOutline
    fileprivate let bytes: [UInt8]

    init(_ name: String, _ shape: [Int], _ values: [Double]) {
      outline = ArrayOutline(name: name, shape: shape, type: .float64)
      bytes = [UInt8](littleEndian: values)
    }

    package init(_ name: String, _ shape: [Int], _ values: [Float]) {
      outline = ArrayOutline(name: name, shape: shape, type: .float32)
      bytes = [UInt8](littleEndian: values)
    }

    init(_ name: String, _ shape: [Int], _ values: [Int32]) {
      outline = ArrayOutline(name: name, shape: shape, type: .int32)
      bytes = [UInt8](littleEndian: values)
    }
  }
}
