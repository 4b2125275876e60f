import Checkpoints
import Encoders
import Files
import Imaging
import LinearAlgebra
import VisionTransformers

/// A model in the memory of a card, in one kind of operands.
final class CardModel {
  let parts: ViTParts
  let shape: ViTShape
  let operand: Operand
  let weights: CardWeights
  let memory: CardMemory
  /// Of the last grid: what is added to its patches, and the angles of its tokens.
  private var places: (grid: Grid, size: Size, added: [UInt8], turns: [UInt8])?

  init(_ parts: ViTParts, _ operand: Operand, in context: Context) throws {
    self.parts = parts
    self.operand = operand
    shape = try ViTShape(parts.card)
    var weights = CardWeights(parts, shape, operand)
    guard weights.isInRange else { throw JobError(.outOfRange) }
    memory = try context.allocate(weights.bytes.count)
    try context.upload(weights.bytes, to: memory.address)
    weights.forgetBytes()
    self.weights = weights
  }

  /// Positions of a grid's patches, `[grid, dim]`, and cosine and sine of its tokens' angles,
  /// `[tokens, 32, 2]`, both float32.
  func places(of grid: Grid, in size: Size) -> (added: [UInt8], turns: [UInt8]) {
    if let places, places.grid == grid, places.size == size { return (places.added, places.turns) }
    var (added, turns): ([UInt8], [UInt8]) = ([], [])
    parts.places(of: grid, in: size).all.appendFloats(to: &added)
    if let rotation = parts.rotation(of: grid) {
      let (cosines, sines) = (rotation.cosines, rotation.sines)
      let pairs = MutableMatrix(rows: cosines.rows, columns: 2 * cosines.columns)
      for row in 0..<cosines.rows {
        for angle in 0..<cosines.columns {
          pairs[row, 2 * angle] = cosines[row, angle]
          pairs[row, 2 * angle + 1] = sines[row, angle]
        }
      }
      pairs.view.appendFloats(to: &turns)
    }
    places = (grid, size, added, turns)
    return (added, turns)
  }
}

/// Why a job cannot be done.
struct JobError: Error {
  let refusal: Message.Refusal
  var number = 0
  var words = ""

  init(_ refusal: Message.Refusal, _ number: Int = 0, _ words: String = "") {
    (self.refusal, self.number, self.words) = (refusal, number, words)
  }
}

extension LoadOrder {
  /// Reads the file, which must be what was ordered.
  func parts() throws -> ViTParts {
    do {
      let file = try File(reading: path)
      let found = try SHA256.digest(of: file).description
      guard found == digest else {
        throw JobError(.weights, 0, "\(path) has SHA-256 \(found)")
      }
      return try ViTParts(Weights(try Checkpoint(safetensors: file)), card: card)
    } catch let error as JobError {
      throw error
    } catch {
      throw JobError(.weights, 0, "\(error)")
    }
  }
}
