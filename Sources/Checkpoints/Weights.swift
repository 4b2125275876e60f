package import LinearAlgebra

/// The tensors of a checkpoint under a prefix, each asked for with the shape it must have.
///
/// `weights["blocks"][3]["attn"].matrix("qkv.weight", 3 * dim, dim)` reads
/// `blocks.3.attn.qkv.weight`. In a recording nothing is read: each request is noted and answered
/// by a tensor without values, so that a loader says what a model consists of.
package struct Weights: Sendable {
  /// `nil` in a recording.
  private let file: Checkpoint?
  /// Empty, or ends in a dot.
  private let prefix: String
  private let requests: TensorRequests

  package init(_ file: Checkpoint) {
    self.init(file: file, prefix: "", requests: TensorRequests())
  }

  private init(file: Checkpoint?, prefix: String, requests: TensorRequests) {
    self.file = file
    self.prefix = prefix
    self.requests = requests
  }

  /// What a loader asks for, in its order.
  package static func requests<Failure>(
    of load: (Weights) throws(Failure) -> Void
  ) throws(Failure) -> [TensorRequest] {
    let requests = TensorRequests()
    try load(Weights(file: nil, prefix: "", requests: requests))
    return requests.all
  }

  package subscript(part: String) -> Weights {
    Weights(file: file, prefix: "\(prefix)\(part).", requests: requests)
  }

  package subscript(index: Int) -> Weights {
    self[String(index)]
  }

  /// A tensor of exactly this shape; what it falls back to where the file has none.
  package func tensor(
    _ name: String, _ shape: [Int], orElse fallback: TensorRequest.Fallback? = nil
  ) throws(CheckpointError) -> Tensor {
    let name = prefix + name
    let request = TensorRequest(name: name, shape: shape, fallback: fallback)
    guard let file else {
      requests.append(request)
      return Tensor(shape, nil)
    }
    guard let entry = file.tensors[name] else {
      guard let fallback else { throw .missing(tensor: name) }
      return Tensor(shape, fallback.values(request.count))
    }
    guard entry.shape == shape else {
      throw .wrongShape(tensor: name, wanted: shape, found: entry.shape)
    }
    requests.append(request)
    return Tensor(shape, try file.floats(name))
  }

  /// A tensor of shape `[rows, columns]`.
  package func matrix(
    _ name: String, _ rows: Int, _ columns: Int
  ) throws(CheckpointError) -> Matrix {
    try tensor(name, [rows, columns]).matrix()
  }

  /// A tensor of any shape, taken as `rows` rows of equal length.
  package func matrix(
    _ name: String, shape: [Int], rows: Int
  ) throws(CheckpointError) -> Matrix {
    try tensor(name, shape).matrix(rows: rows)
  }

  /// A tensor of shape `[count]`, as one row, `[1, count]`.
  package func vector(_ name: String, _ count: Int) throws(CheckpointError) -> Matrix {
    try tensor(name, [count]).matrix(rows: 1)
  }

  /// A tensor of shape `[]`; 0 in a recording.
  package func scalar(_ name: String) throws(CheckpointError) -> Float {
    try tensor(name, []).values?.first ?? 0
  }

  /// Tensors of the file under this prefix that have not been read, in order of their names.
  package var unread: [String] {
    let read = Set(requests.all.map(\.name))
    return (file?.tensors.keys.filter { $0.hasPrefix(prefix) && !read.contains($0) } ?? []).sorted()
  }
}
