package import LinearAlgebra
import Synchronization

/// The tensors of a checkpoint under a prefix, each asked for with the shape it must have.
///
/// `weights["blocks"][3]["attn"].matrix("qkv.weight", 3 * dim, dim)` reads
/// `blocks.3.attn.qkv.weight`.
package struct Weights: Sendable {
  private let file: Checkpoint
  /// Empty, or ends in a dot.
  private let prefix: String
  private let asked: Asked

  package init(_ file: Checkpoint) {
    self.init(file: file, prefix: "", asked: Asked())
  }

  private init(file: Checkpoint, prefix: String, asked: Asked) {
    self.file = file
    self.prefix = prefix
    self.asked = asked
  }

  package subscript(part: String) -> Weights {
    Weights(file: file, prefix: "\(prefix)\(part).", asked: asked)
  }

  package subscript(index: Int) -> Weights {
    self[String(index)]
  }

  /// Whether there is such a tensor; this does not count as asking for it.
  package func contains(_ name: String) -> Bool {
    file.tensors[prefix + name] != nil
  }

  /// The elements of a tensor of exactly this shape, in C order.
  package func values(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    let name = prefix + name
    guard let entry = file.tensors[name] else { throw .missing(tensor: name) }
    guard entry.shape == shape else {
      throw .wrongShape(tensor: name, wanted: shape, found: entry.shape)
    }
    asked.insert(name)
    return try file.floats(name)
  }

  /// A tensor of shape `[rows, columns]`.
  package func matrix(
    _ name: String, _ rows: Int, _ columns: Int
  ) throws(CheckpointError) -> Matrix {
    try matrix(name, shape: [rows, columns], rows: rows)
  }

  /// A tensor of any shape, taken as `rows` rows of equal length.
  package func matrix(
    _ name: String, shape: [Int], rows: Int
  ) throws(CheckpointError) -> Matrix {
    let values = try values(name, shape: shape)
    let columns = rows == 0 ? 0 : values.count / rows
    precondition(rows * columns == values.count, "\(shape) in \(rows) rows")
    return Matrix(rows: rows, columns: columns, values)
  }

  /// A tensor of shape `[count]`, as one row, `[1, count]`.
  package func vector(_ name: String, _ count: Int) throws(CheckpointError) -> Matrix {
    try matrix(name, shape: [count], rows: 1)
  }

  /// Tensors under this prefix that nobody has read, in order of their names.
  package var unread: [String] {
    let asked = asked.names
    return file.tensors.keys.filter { $0.hasPrefix(prefix) && !asked.contains($0) }.sorted()
  }
}

/// Names that have been read, shared by all prefixes of one checkpoint.
private final class Asked: Sendable {
  private let read = Mutex<Set<String>>([])

  func insert(_ name: String) {
    _ = read.withLock { $0.insert(name) }
  }

  var names: Set<String> { read.withLock { $0 } }
}
