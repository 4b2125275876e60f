import Catalogue
package import Checkpoints
import Support

/// Checkpoints, read as far as `eyepiece models import` reads them: up to what it would write.
package enum ModelFiles {
  static func complaint(about bytes: [UInt8], as target: FuzzTarget) -> String? {
    (try? checkpoint(of: bytes, as: target)).flatMap { complaint(about: $0) }
  }

  package static func checkpoint(
    of bytes: [UInt8], as target: FuzzTarget
  ) throws(CheckpointError) -> Checkpoint {
    switch target {
    case .pytorch where bytes.first == 0x80:
      // A pickle by itself is put beside one storage, where it may grow without moving anything.
      let archive = ForgedZIP([
        .init(name: "a/data.pkl", data: bytes), .init(name: "a/data/0", data: Array(0..<64)),
      ])
      return try Checkpoint(ByteArray(archive.bytes))
    case .shards:
      // The index up to the first zero; what follows is each of the files that it names.
      let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      let (index, shard) = (ByteArray(Array(parts[0])), ByteArray(Array(parts.last ?? [])))
      return try Checkpoint(index: index) { _ in shard }
    default:
      return try Checkpoint(ByteArray(bytes))
    }
  }

  /// Bytes of storages and elements of tensors that are read of one file.
  private static let most = 1 << 20

  /// There are as many values as a tensor's shape says, in the file and in the model that it is.
  private static func complaint(about checkpoint: Checkpoint) -> String? {
    var left = most
    /// As many as there should be, unless they are refused, or too many for a trial.
    func count(of tensor: StoredTensor, _ name: String) -> Int {
      guard tensor.count <= left, tensor.storage.count <= left else { return tensor.count }
      left -= max(tensor.count, tensor.storage.count)
      var (pieces, floats) = (checkpoint.pieces(of: tensor, named: name), 0)
      do {
        while let piece = try pieces.next() { floats += piece.count }
      } catch {
        return tensor.count
      }
      return floats
    }
    for (name, tensor) in checkpoint.tensors.sorted(by: { $0.key < $1.key }) {
      let found = count(of: tensor, name)
      guard found == tensor.count else { return "\(found) values of \(name), \(tensor.shape)" }
    }
    let recognition = try? TinyCards.catalogue.recognise(checkpoint, fileName: "tiny.pth")
    for tensor in recognition?.tensors ?? [] {
      let found = tensor.parts.reduce(0) { sum, part in
        switch part {
        case .stored(let tensor, let name): sum + count(of: tensor, name)
        case .zeros(let count): sum + count
        case .values(let values): sum + values.count
        }
      }
      guard found == tensor.count else { return "\(found) values for \(tensor.name)" }
    }
    return nil
  }
}
