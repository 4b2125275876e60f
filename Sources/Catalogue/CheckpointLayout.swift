/// Who wrote a file, as far as the names of its tensors tell.
///
/// The names and everything that is done to the tensors are data: see `CheckpointLayout+Tables`.
package struct CheckpointLayout: Sendable {
  /// Whose names these are, as cards have it in `published`.
  package enum Publisher: String, Sendable, Hashable, CaseIterable {
    /// The names that layers ask for: Meta's, and for most models timm's as well.
    case meta
    case timm, torchvision
    /// Hugging Face's transformers.
    case transformers
  }

  /// What tells a distribution from the others, on names without prefixes.
  enum Mark: Sendable {
    case has(String)
    case lacks(String)
    /// The first has twice as many rows as the second has columns.
    case isHalved(String, by: String)
    /// The position table has no row for the class token: its rows are a square.
    case hasSquarePositions
  }

  package let layout: Publisher
  /// What it is, in a few words.
  package let title: String
  let marks: [Mark]
  /// Pairs of numbers after this that count stages and their blocks, to be counted through.
  var stages: String?
  let renamings: [Renaming]

  /// The first distribution whose marks a file's tensors bear; the last has none.
  static func of(_ shapes: [String: [Int]]) -> CheckpointLayout {
    all.first { $0.marks.allSatisfy { $0.isOn(shapes) } } ?? plain
  }

  /// What becomes of a tensor: the first renaming of its form, and its new name.
  func renaming(of name: String) -> (renaming: Renaming, to: String?)? {
    let parts = name.parts
    for renaming in renamings {
      guard let places = renaming.from.places(in: parts) else { continue }
      return (renaming, renaming.to?.name(with: places))
    }
    return nil
  }

  /// Names under which the distribution has what layers know by this name.
  ///
  /// Where there are several, those of patterns that a file uses.
  func names(of canonical: String, used: Set<NamePattern>) -> [String] {
    let parts = canonical.parts
    let fitting = renamings.compactMap { renaming in
      renaming.to?.places(in: parts).map { (renaming.from, renaming.from.name(with: $0)) }
    }
    let known = fitting.filter { used.contains($0.0) }
    let names = (known.isEmpty ? Array(fitting.prefix(1)) : known).map(\.1)
    return names.isEmpty ? [canonical] : names
  }
}

extension CheckpointLayout.Mark {
  fileprivate func isOn(_ shapes: [String: [Int]]) -> Bool {
    switch self {
    case .has(let name): return shapes[name] != nil
    case .lacks(let name): return shapes[name] == nil
    case .isHalved(let first, let second):
      guard let rows = shapes[first]?.first, let columns = shapes[second]?.last else {
        return false
      }
      return rows == 2 * columns
    case .hasSquarePositions:
      guard let shape = shapes["pos_embed"], shape.count == 3 else { return false }
      let side = Int(Double(max(shape[1], 0)).squareRoot())
      return side * side == shape[1]
    }
  }
}

extension CheckpointLayout {
  /// A block of a network in stages.
  private struct Block: Hashable, Comparable {
    let stage, layer: Int

    static func < (a: Block, b: Block) -> Bool { (a.stage, a.layer) < (b.stage, b.layer) }
  }

  /// Names with one number for each block of all stages, where the distribution has two; and what
  /// the names of these blocks begin with, in their order.
  func counted(_ names: [String: String]) -> (names: [String: String], blocks: [String]) {
    guard let stages else { return (names, []) }
    let blocks = Set(names.keys.compactMap { block($0, stages)?.block }).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: zip(blocks, blocks.indices))
    var result: [String: String] = [:]
    for (name, original) in names {
      guard let (block, rest) = block(name, stages), let number = numbers[block] else {
        result[name] = original
        continue
      }
      result["blocks.\(number).\(rest)"] = original
    }
    return (result, blocks.map { "\(stages)\($0.stage).layers.\($0.layer)" })
  }

  /// The number of a stage, `layers`, the number of a block, and the rest.
  private func block(_ name: String, _ stages: String) -> (block: Block, rest: Substring)? {
    guard name.hasPrefix(stages) else { return nil }
    let parts = name.dropFirst(stages.count).split(separator: ".", maxSplits: 3)
    guard parts.count == 4, parts[1] == "layers", let stage = Int(parts[0]),
      let layer = Int(parts[2])
    else { return nil }
    return (Block(stage: stage, layer: layer), parts[3])
  }
}
