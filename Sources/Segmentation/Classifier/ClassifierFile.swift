package import Files
import Foundation
import LinearAlgebra
import Tensors

/// A classifier's file: a safetensors file of its numbers, and one text of JSON beside them.
///
/// `coef` and `intercept` are as scikit-learn has them, `mean` and `scale` are those of the classical
/// features, and `folded_coef` and `folded_intercept` take features as they are. A digest tells
/// damage. Equal classifiers are equal bytes.
package enum ClassifierFile {
  /// Longest file that is read, in bytes.
  package static let longest = 64 << 20
  /// Longest header, in bytes.
  static let longestHeader = 1 << 20
  /// Most dimensions of the field's vectors.
  static let mostDims = 1 << 14
  /// The largest magnitude of a number in it.
  static let largest = 1e30

  static let format = "eyepiece-classifier/1"
  /// The names, among the file's metadata, of the text and of the digest of text and numbers.
  static let key = "classifier"
  static let digestKey = "sha256"

  /// What the text holds.
  struct Description: Codable {
    var classes: [LabelClass]
    var features: FeatureSet
    var deepDim: Int
    var kind: LinearModel.Kind
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
      classes: classes, features: features, deepDim: deepDim, kind: model.kind, ids: model.ids,
      provenance: provenance)
  }

  private func file(_ description: ClassifierFile.Description) -> [UInt8] {
    let (coefficients, intercepts) = model.published
    let channels = standardisation.mean.count
    let folded = self.folded.joined(deepDim: deepDim, channels: channels)
    let tensors: [(outline: ArrayOutline, bytes: [UInt8])] = [
      ("coef", [intercepts.count, model.dim], coefficients),
      ("intercept", [intercepts.count], intercepts), ("mean", [channels], standardisation.mean),
      ("scale", [channels], standardisation.scale),
    ].map {
      (ArrayOutline(name: $0.0, shape: $0.1, type: .float64), [UInt8](littleEndian: $0.2))
    }
    let floats: [(outline: ArrayOutline, bytes: [UInt8])] = [
      ("folded_coef", [ids.count, model.dim], folded),
      ("folded_intercept", [ids.count], self.folded.bias),
    ].map {
      (ArrayOutline(name: $0.0, shape: $0.1, type: .float32), [UInt8](littleEndian: $0.2))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Values of these types can always be written.
    let text = (try? encoder.encode(description)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    var hash = SHA256()
    hash.update(Array(text.utf8))
    for tensor in tensors + floats { hash.update(tensor.bytes) }
    var writer = ArrayWriter(
      (tensors + floats).map(\.outline), as: .safetensors,
      metadata: [
        "format": ClassifierFile.format, ClassifierFile.key: text,
        ClassifierFile.digestKey: "\(hash.finalise())",
      ])
    var bytes: [UInt8] = []
    for tensor in tensors + floats {
      bytes += writer.begin()
      writer.pass(tensor.bytes)
      bytes += tensor.bytes
    }
    return bytes + writer.end()
  }
}
