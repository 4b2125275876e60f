import Tensors
package import Checkpoints
import Files
package import Encoders
import Foundation

/// Writes a recognised model as files of its own: float32 tensors, and the card beside them.
///
/// When both are whole they get their names, the tensors last: a process that ends before leaves
/// what there was, or a card alone, which is no model, or where a model was replaced its old
/// tensors beside a card whose digest is not theirs. At no time more than a piece of a tensor is in
/// memory, or the whole of one that does not lie in C order.
package struct ModelImport {
  package let checkpoint: Checkpoint
  package let recognition: Recognition
  /// The card to be written; its file and digest are this import's business.
  package let card: ModelCard

  package init(_ checkpoint: Checkpoint, _ recognition: Recognition, as card: ModelCard) {
    self.checkpoint = checkpoint
    self.recognition = recognition
    self.card = card
  }

  /// Writes both files, after removing what ended imports left, and returns the card as written.
  package func write(
    into folder: String, replacing: Bool = false
  ) throws(CatalogueError) -> ModelCard {
    guard card.name.isFileName else { throw .badName(card.name) }
    var card = card
    card.file = "\(card.name).safetensors"
    guard replacing || !isThere(in: folder) else { throw .exists(card.name) }
    do {
      try AtomicFile.removeAbandoned(in: folder)
      let tensors = try AtomicFile(replacing: "\(folder)/\(card.file)")
      card.sha256 = try writeTensors(to: tensors).description
      let description = try AtomicFile(replacing: "\(folder)/\(card.name).json")
      try description.write(card.json)
      try tensors.synchronise()
      try description.commit()
      try tensors.commit()
    } catch let error as CheckpointError {
      throw .checkpoint(error)
    } catch let error as FileError {
      throw .unwritable(error)
    } catch {
      throw .unwritable(.refused(path: folder, code: EIO))
    }
    return card
  }

  /// Whether there are tensors, or a file that is no card; a card alone is what an import left.
  private func isThere(in folder: String) -> Bool {
    func exists(_ ending: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(folder)/\(card.name).\(ending)")
    }
    return exists("safetensors")
      || exists("json") && CardFolder.card(named: card.name, in: folder) == nil
  }

  private func writeTensors(to file: AtomicFile) throws -> Digest {
    let expectedTensors = recognition.tensors.map {
      ArrayOutline(name: $0.name, shape: $0.shape, type: .float32)
    }
    var writer = ArrayWriter(expectedTensors, as: .safetensors, metadata: ["format": "pt"])
    var hash = SHA256()
    func put(_ bytes: [UInt8]) throws {
      hash.update(bytes)
      try file.write(bytes)
    }
    for tensor in recognition.tensors {
      try put(writer.begin())
      for part in tensor.parts {
        try forEachPiece(of: part) { bytes in
          writer.pass(bytes)
          try put(bytes)
        }
      }
    }
    try put(writer.end())
    return hash.finalise()
  }

  private func forEachPiece(
    of part: AssembledTensor.Part, _ body: ([UInt8]) throws -> Void
  ) throws {
    switch part {
    case .stored(let tensor, let name):
      var pieces = checkpoint.pieces(of: tensor, named: name)
      while let piece = try pieces.next() { try body([UInt8](littleEndian: piece)) }
    case .zeros(let count):
      try body([UInt8](repeating: 0, count: 4 * count))
    case .values(let values):
      try body([UInt8](littleEndian: values))
    }
  }
}

extension ModelCard {
  /// The card as a file has it.
  package var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }
}

extension String {
  /// Whether it is a model's name, and so a file's: letters, digits, dots, dashes, underscores.
  fileprivate var isFileName: Bool {
    !isEmpty && utf8.count <= 100 && first != "." && first != "-"
      && utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
