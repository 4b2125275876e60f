package import Checkpoints
package import Encoders

/// The tensors that the loader of a card's model asks for, in its order.
package struct ExpectedTensors: Sendable {
  /// Runs the loader of a card's model on no file.
  package typealias Source = @Sendable (ModelCard) throws(CheckpointError) -> [TensorRequest]

  /// Tensors of a head, at most: weight and bias for each of two tokens.
  private static let headTensors = 4

  private let requests: [TensorRequest]

  init(_ requests: [TensorRequest]) {
    self.requests = requests
  }

  /// The name of the weights of the model's head; the usual one where it has none.
  var head: String {
    requests.first { $0.name.hasPrefix("head.") && $0.shape.count == 2 }?.name ?? "head.weight"
  }

  /// Whether a file has all these tensors and no others.
  func fits(_ assembly: Assembly) -> Bool {
    var present = 0
    for request in requests {
      guard let found = assembly.tensors[request.name] else {
        guard canFill(request, assembly) else { return false }
        continue
      }
      guard found.shape == request.shape else { return false }
      present += 1
    }
    return present == assembly.tensors.count && assembly.incomplete.isEmpty
  }

  /// Whether a file differs in no more tensors than a head has.
  func fitsButForHead(_ assembly: Assembly) -> Bool {
    distance(from: assembly).all <= ExpectedTensors.headTensors
  }

  /// Whether a tensor may be absent: where no block has it.
  private func canFill(_ request: TensorRequest, _ assembly: Assembly) -> Bool {
    request.fallback != nil && !assembly.namesOfAnyBlock.contains(request.name.ofAnyBlock)
  }

  /// Tensors in which a file differs, and those of them that it has too many.
  func distance(from assembly: Assembly) -> (all: Int, unexpected: Int) {
    var (different, known) = (0, 0)
    for request in requests {
      guard let found = assembly.tensors[request.name] else {
        if !canFill(request, assembly) { different += 1 }
        continue
      }
      known += 1
      if found.shape != request.shape { different += 1 }
    }
    let unexpected = assembly.tensors.count - known
    return (different + unexpected, unexpected)
  }

  /// What a file that fits is made of; what it lacks is filled.
  func tensors(of assembly: Assembly) -> [AssembledTensor] {
    requests.map { request in
      assembly.tensors[request.name]
        ?? AssembledTensor(name: request.name, shape: request.shape, parts: [request.filling])
    }
  }

  /// How a file differs from a card's model.
  func mismatch(_ assembly: Assembly, card: ModelCard) -> Mismatch {
    var mismatch = Mismatch(card: card.name)
    var left = assembly.tensors
    for request in requests {
      guard let found = left.removeValue(forKey: request.name) else {
        if !canFill(request, assembly) { mismatch.missing += assembly.missing(request.name) }
        continue
      }
      if found.shape != request.shape {
        mismatch.misshapen += assembly.misshapen(found, wanted: request.shape)
      }
    }
    let known = Set(requests.map(\.name))
    let parts = assembly.incomplete.filter { !known.contains($0.key) }.values.flatMap { $0 }
    mismatch.unexpected = (left.values.flatMap(\.sources) + parts).sorted()
    return mismatch
  }
}

extension TensorRequest {
  fileprivate var filling: AssembledTensor.Part {
    switch fallback {
    case .zeros, nil: .zeros(count)
    case .values(let values): .values(values)
    }
  }
}
