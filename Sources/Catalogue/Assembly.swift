import Checkpoints

/// A checkpoint's tensors under the names by which layers ask for them.
struct Assembly {
  let checkpointLayout: CheckpointLayout
  private(set) var tensors: [String: AssembledTensor] = [:]
  /// The names of all tensors, their numbers as `#`.
  private(set) var namesOfAnyBlock: Set<String> = []
  /// The file's tensors that no loader asks for.
  private(set) var unused: [String] = []
  /// Tensors of which the file has some parts, by the name of the whole.
  private(set) var incomplete: [String: [String]] = [:]
  /// Patterns of names that the file has.
  private var used: Set<NamePattern> = []
  /// What the names of the blocks begin with, where they are counted by stage.
  private let blocks: [String]
  private var groups: [String: [Source]] = [:]
  /// Parts that some block has, by the name of any block's.
  private var partsOfAnyBlock: [String: Set<Int>] = [:]

  /// A tensor of the file on its way.
  private struct Source {
    let step: Renaming.Step
    let name: String
    let tensor: StoredTensor
  }

  /// Goes by the distribution that the names tell, or by another.
  init(_ checkpoint: Checkpoint, as other: CheckpointLayout? = nil) throws(CatalogueError) {
    var names = try KeyPrefixes.stripped(checkpoint.tensors.keys)
    let shapes = names.compactMapValues { checkpoint.tensors[$0]?.shape }
    checkpointLayout = other ?? CheckpointLayout.of(shapes)
    (names, blocks) = checkpointLayout.counted(names)
    unused = checkpoint.tensors.keys.filter { !Set(names.values).contains($0) }
    for (name, original) in names.sorted(by: { $0.key < $1.key }) {
      guard let tensor = checkpoint.tensors[original] else { continue }
      take(tensor, name, original: original)
    }
    for (name, sources) in groups {
      tensors[name] = try assembled(name, sources)
      if tensors[name] == nil { incomplete[name] = sources.map(\.name) }
    }
    namesOfAnyBlock = Set(tensors.keys.map(\.ofAnyBlock))
    unused.sort()
  }

  private mutating func take(_ tensor: StoredTensor, _ name: String, original: String) {
    guard let (renaming, target) = checkpointLayout.renaming(of: name) else {
      groups[name, default: []].append(Source(step: .asIs, name: original, tensor: tensor))
      return
    }
    used.insert(renaming.from)
    guard let target else {
      unused.append(original)
      return
    }
    groups[target, default: []].append(
      Source(step: renaming.step, name: original, tensor: tensor))
    if case .part(let part, _) = renaming.step {
      partsOfAnyBlock[target.ofAnyBlock, default: []].insert(part)
    }
  }

  /// Names under which the file would have what layers know by this name, and has not.
  func missing(_ canonical: String) -> [String] {
    let present = groups[canonical, default: []].map { $0.name }
    let names = checkpointLayout.names(of: canonical, used: used)
    return names.filter { name in !present.contains { $0.hasSuffix(name) } }.map { name in
      let parts = name.parts
      guard parts[0] == "blocks", parts.count > 2, let number = Int(parts[1]),
        blocks.indices.contains(number)
      else { return name }
      return ([blocks[number]] + parts[2...].map { String($0) }).joined(separator: ".")
    }
  }

  /// Those of a tensor's sources that are not of the shape that it needs, with the shape.
  func misshapen(_ tensor: AssembledTensor, wanted: [Int]) -> [Mismatch.Shape] {
    let sources = groups[tensor.name, default: []]
    let shapes = sources.map { source -> Mismatch.Shape in
      var wanted = wanted
      switch source.step {
      case .part(_, let count): wanted[0] /= count
      case .afterClassRow: wanted[1] -= 1
      case .asIs, .withoutKeyBias, .unfoldedPatches: break
      }
      return Mismatch.Shape(tensor: source.name, wanted: wanted, found: source.tensor.shape)
    }
    let wrong = shapes.filter { $0.wanted != $0.found }
    return wrong.isEmpty ? shapes : wrong
  }
}

extension Assembly {
  /// One tensor of what the file has of it; `nil` when parts of it are missing or do not fit.
  private func assembled(
    _ name: String, _ sources: [Source]
  ) throws(CatalogueError) -> AssembledTensor? {
    if case .part(_, let count) = sources[0].step {
      return try joined(name, sources, of: count)
    }
    guard sources.count == 1 else { throw .sameName(name, files: sources.map(\.name)) }
    let (source, tensor) = (sources[0].name, sources[0].tensor)
    let shape = tensor.shape
    func made(_ shape: [Int], _ parts: AssembledTensor.Part...) -> AssembledTensor {
      AssembledTensor(name: name, shape: shape, parts: parts)
    }
    switch sources[0].step {
    case .withoutKeyBias where shape.count == 1 && shape[0] % 3 == 0:
      let dim = shape[0] / 3
      return made(
        shape, .stored(tensor.rows(0..<dim), name: source), .zeros(dim),
        .stored(tensor.rows(2 * dim..<3 * dim), name: source))
    case .afterClassRow where shape.count == 3 && shape[0] == 1:
      return made(
        [1, shape[1] + 1, shape[2]], .zeros(shape[2]), .stored(tensor, name: source))
    case .unfoldedPatches where shape.count == 2:
      let side = Int((Double(shape[1]) / 3).squareRoot())
      guard 3 * side * side == shape[1] else { break }
      return made([shape[0], 3, side, side], .stored(tensor, name: source))
    case .asIs, .part, .withoutKeyBias, .afterClassRow, .unfoldedPatches: break
    }
    return made(shape, .stored(tensor, name: source))
  }

  private func joined(
    _ name: String, _ sources: [Source], of count: Int
  ) throws(CatalogueError) -> AssembledTensor? {
    var found: [Int: Source] = [:]
    for source in sources {
      guard case .part(let part, _) = source.step, found[part] == nil else {
        throw .sameName(name, files: sources.map(\.name))
      }
      found[part] = source
    }
    let shape = sources[0].tensor.shape
    guard let rows = shape.first, sources.allSatisfy({ $0.tensor.shape == shape }) else {
      return AssembledTensor(
        name: name, shape: [], parts: sources.map { .stored($0.tensor, name: $0.name) })
    }
    var parts: [AssembledTensor.Part] = []
    for part in 0..<count {
      if let source = found[part] {
        parts.append(.stored(source.tensor, name: source.name))
      } else {
        // Only what no block has can be meant to be absent, and only a bias.
        let isAbsent = partsOfAnyBlock[name.ofAnyBlock]?.contains(part) == false
        guard isAbsent, shape.count == 1 else { return nil }
        parts.append(.zeros(rows))
      }
    }
    return AssembledTensor(name: name, shape: [count * rows] + shape.dropFirst(), parts: parts)
  }
}
