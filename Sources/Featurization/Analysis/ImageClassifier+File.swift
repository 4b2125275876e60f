package import Files
import Foundation
import LinearAlgebra
package import Segmentation
import Tensors

/// A safetensors file of `weight`, `[classes, dim]`, and `bias`, `[classes]`, float32: what
/// `eyepiece models import --for` puts on a model. One text of JSON stands beside them, with a digest of
/// all that tells damage.
extension ImageClassifier {
  package static let format = "eyepiece-head/1"
  private static let key = "head"

  /// The file's bytes; equal classifiers are equal bytes.
  package var file: [UInt8] { file(description) }

  /// The digest of all that makes a difference: not of names and colours.
  package var id: Digest {
    var description = self.description
    description.classes = description.classes.map { .unnamed($0.id) }
    return SHA256.digest(of: file(description))
  }

  private func file(_ description: Description) -> [UInt8] {
    ClassifierFile.bytes(
      of: [
        .init("weight", [weights.rows, weights.columns], weights.values),
        .init("bias", [constants.count], constants),
      ], format: ImageClassifier.format, key: ImageClassifier.key, text: canonical(description))
  }

  /// Reads a file, and refuses whatever `file` would not have written.
  package init(file bytes: [UInt8]) throws(SegmentationError) {
    let header = try ImageClassifier.header(of: bytes)
    guard let text = header.metadata[ImageClassifier.key],
      let description = try? JSONDecoder().decode(Description.self, from: Data(text.utf8))
    else { throw .malformedFile(reason: "its text is no description of a classifier of images") }
    try LabelClass.check(description.classes)
    let ids = description.classes.map(\.id)
    guard ids.count > 1, ids == Set(ids).sorted() else {
      throw .malformedFile(reason: "its classes are not in order")
    }
    func floats(_ name: String, _ shape: [Int]) throws(SegmentationError) -> [Float] {
      guard let entry = header.tensors[name], entry.dataType == .f32, entry.shape == shape else {
        throw .malformedFile(reason: "it has no float32 \(name) of shape \(shape)")
      }
      let values = [Float](littleEndian: bytes.span.extracting(entry.range))
      guard values.allSatisfy({ Double($0.magnitude) <= ClassifierFile.largest }) else {
        throw .malformedFile(reason: "\(name) holds what is no number, or one beyond 1e30")
      }
      return values
    }
    let dim = header.tensors["weight"]?.shape.last ?? 0
    guard (1...ClassifierFile.mostDims).contains(dim) else {
      throw .malformedFile(reason: "it has \(dim) dimensions of a vector")
    }
    self.init(
      description,
      weights: Matrix(
        rows: ids.count, columns: dim, try floats("weight", [ids.count, dim])),
      constants: try floats("bias", [ids.count]))
    guard file == bytes else {
      throw .malformedFile(reason: "its numbers or its text are not as Eyepiece writes them")
    }
  }

  /// Whether a file says that it is a classifier of images.
  package static func isOne(_ bytes: [UInt8]) -> Bool {
    (try? header(of: bytes))?.metadata["format"] == format
  }

  private static func header(of bytes: [UInt8]) throws(SegmentationError) -> TensorHeader {
    guard bytes.count <= ClassifierFile.longest else {
      throw .malformedFile(
        reason: "it has \(bytes.count) bytes; the limit is \(ClassifierFile.longest)")
    }
    do {
      return try TensorFile(bytes, headerLimit: ClassifierFile.longestHeader).header
    } catch {
      throw .malformedFile(reason: "\(error)")
    }
  }
}
