/// What a pickle describes, as plain data.
///
/// Everything that holds other values lies in one array and is known by its place there: values may
/// be shared and form circles, and nothing is ever walked or freed recursively.
package struct PickleGraph: Sendable {
  package enum Value: Hashable, Sendable {
    case none
    case bool(Bool)
    case int(Int)
    /// An integer that exceeds 64 bits, little-endian.
    case large([UInt8])
    case float(Double)
    case text(String)
    case bytes([UInt8])
    /// The name of something in Python, which is never looked up.
    case symbol(String)
    case storage(Int)
    case tensor(Int)
    case node(Int)
  }

  package enum Kind: Hashable, Sendable {
    case tuple, list, dictionary, set
    /// What Python would make of a class or function; here nothing is made.
    case object(String)
  }

  package struct Node: Sendable {
    package let kind: Kind
    /// The items of a tuple, list or set, and what an object was made with.
    package var items: [Value] = []
    package var pairs: [(key: Value, value: Value)] = []
    /// What an object was given after it was made.
    package var state: Value?
  }

  package private(set) var nodes: [Node] = []
  package private(set) var storages: [PickledStorage] = []
  package private(set) var tensors: [PickledTensor] = []
  package internal(set) var root: Value = .none
  private var itemCount = 0

  /// Items of a tuple or a list.
  func items(_ value: Value) -> [Value]? {
    guard case .node(let place) = value else { return nil }
    switch nodes[place].kind {
    case .tuple, .list: return nodes[place].items
    case .dictionary, .set, .object: return nil
    }
  }

  /// Non-negative integers in a tuple or a list, of which there are as many as a tensor's axes.
  func counts(_ value: Value) -> [Int]? {
    guard let items = items(value), items.count <= CheckpointLimit.axes.value else { return nil }
    var counts: [Int] = []
    for item in items {
      guard case .int(let count) = item, count >= 0 else { return nil }
      counts.append(count)
    }
    return counts
  }

  /// Members of a dictionary whose keys are texts, or of an object that was given such; of equal
  /// keys the last counts.
  package func members(of value: Value) -> [(key: String, value: Value)] {
    guard case .node(let place) = value else { return [] }
    var places: [String: Int] = [:]
    var members: [(key: String, value: Value)] = []
    for (key, value) in nodes[place].pairs {
      guard case .text(let key) = key else { continue }
      if let place = places[key] {
        members[place].value = value
      } else {
        places[key] = members.count
        members.append((key, value))
      }
    }
    return members
  }
}

extension PickleGraph {
  mutating func add(_ node: Node) throws(CheckpointError) -> Value {
    try CheckpointLimit.nodes.check(nodes.count + 1)
    itemCount += node.items.count + node.pairs.count
    try CheckpointLimit.items.check(itemCount)
    nodes.append(node)
    return .node(nodes.count - 1)
  }

  mutating func append(_ items: some Collection<Value>, to place: Int) throws(CheckpointError) {
    itemCount += items.count
    try CheckpointLimit.items.check(itemCount)
    nodes[place].items.append(contentsOf: items)
  }

  /// Adds keys and values that take turns; there are as many of both.
  mutating func append(
    pairs items: some RandomAccessCollection<Value>, to place: Int
  ) throws(CheckpointError) {
    itemCount += items.count
    try CheckpointLimit.items.check(itemCount)
    var key: Value?
    for item in items {
      if let known = key {
        nodes[place].pairs.append((known, item))
        key = nil
      } else {
        key = item
      }
    }
  }

  mutating func setState(_ state: Value, of place: Int) {
    nodes[place].state = state
  }

  mutating func add(_ storage: PickledStorage) throws(CheckpointError) -> Value {
    try CheckpointLimit.nodes.check(storages.count + 1)
    storages.append(storage)
    return .storage(storages.count - 1)
  }

  mutating func add(_ tensor: PickledTensor) throws(CheckpointError) -> Value {
    try CheckpointLimit.nodes.check(tensors.count + 1)
    tensors.append(tensor)
    return .tensor(tensors.count - 1)
  }
}
