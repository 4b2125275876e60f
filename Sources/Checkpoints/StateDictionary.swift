/// The dictionary of tensors in a pickle, taken out of what training programs wrap around it.
struct StateDictionary {
  private(set) var wrappers: [String] = []
  /// Places in the graph's tensors.
  private(set) var tensors: [String: Int] = [:]
  private(set) var foreign: [String: String] = [:]
  private(set) var settings: [String: String] = [:]

  /// Keys under which weights lie, the first that is there first.
  private static let preferred = [
    "teacher", "model", "model_state", "state_dict", "module", "student", "backbone", "encoder",
  ]

  /// Wrappers around wrappers, at most.
  private static let depth = 3

  init(of graph: PickleGraph, key: String?) throws(CheckpointError) {
    let keys = (key.map { [$0] } ?? []) + StateDictionary.preferred
    var value = graph.root
    while wrappers.count < StateDictionary.depth {
      let members = graph.members(of: value)
      let isWanted = key.map { wrappers.contains($0) } ?? true
      let tensors = members.count { $0.value.isTensor }
      if isWanted && tensors * 10 >= members.count * 9 { break }
      // What is no dictionary of anything is no wrapper, whatever its name.
      let next = keys.lazy.compactMap { key in
        members.first { $0.key == key && !graph.members(of: $0.value).isEmpty }
      }.first
      noteSettings(members, in: graph)
      guard let next else { break }
      wrappers.append(next.key)
      value = next.value
    }
    for (name, value) in graph.members(of: value) {
      switch value {
      case .tensor(let place): tensors[name] = place
      case .node(let place):
        // A function that rebuilds some kind of tensor that is not read here.
        if case .object(let symbol) = graph.nodes[place].kind, symbol.contains("._rebuild_") {
          foreign[name] = symbol
        }
      default: break
      }
    }
    let lacksKey = key.map { !wrappers.contains($0) } ?? false
    guard !tensors.isEmpty, !lacksKey else { throw .noTensors }
  }

  private mutating func noteSettings(
    _ members: [(key: String, value: PickleGraph.Value)], in graph: PickleGraph
  ) {
    for (key, value) in members {
      if let text = value.setting { settings[key] = text }
      guard key == "args", case .node(let place) = value else { continue }
      for (name, value) in graph.members(of: graph.nodes[place].state ?? value) {
        if let text = value.setting { settings["args.\(name)"] = text }
      }
    }
  }
}

extension PickleGraph.Value {
  fileprivate var isTensor: Bool {
    if case .tensor = self { true } else { false }
  }

  /// A number or a short text, as Python would print it.
  fileprivate var setting: String? {
    switch self {
    case .bool(let value): value ? "True" : "False"
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .text(let text): text.utf8.count <= 256 ? text : nil
    case .none, .large, .bytes, .symbol, .storage, .tensor, .node: nil
    }
  }
}
