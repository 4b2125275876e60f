/// Follows a pickle's instructions, and executes nothing.
///
/// A name of something in Python stays a name. Calls of the few functions that build tensors and
/// ordered dictionaries are carried out here; a call of a class that training programs are known to
/// keep in their checkpoints becomes an inert node; any other call is refused.
struct PickleMachine {
  typealias Value = PickleGraph.Value

  var cursor: ByteCursor
  private(set) var graph = PickleGraph()
  private var stack: [Value] = []
  /// Lengths of the stack at its marks.
  private var marks: [Int] = []
  private var memo: [Int: Value] = [:]

  init(_ cursor: ByteCursor) {
    self.cursor = cursor
  }

  /// Runs up to the end of one pickle.
  mutating func run() throws(CheckpointError) -> PickleGraph {
    while true {
      let offset = cursor.position
      let code = try cursor.byte()
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw .unknownInstruction(offset: offset, code: code)
      }
      if opcode == .stop {
        graph.root = try pop()
        return graph
      }
      try perform(opcode)
    }
  }

  private mutating func perform(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .none, .newTrue, .newFalse, .binaryInt, .binaryInt1, .binaryInt2, .long1, .long4,
      .binaryFloat:
      try push(try number(opcode))
    case .binaryUnicode, .shortBinaryUnicode, .binaryUnicode8, .binaryString, .shortBinaryString,
      .binaryBytes, .shortBinaryBytes, .binaryBytes8:
      try push(try text(opcode))
    case .emptyTuple, .emptyList, .emptyDictionary, .emptySet, .tuple, .tuple1, .tuple2, .tuple3,
      .list, .dictionary:
      try push(try container(opcode))
    case .append, .appends, .setItem, .setItems, .addItems:
      try extend(opcode)
    case .get, .longGet, .put, .longPut, .memoize:
      try remember(opcode)
    case .mark, .pop, .popMark, .duplicate:
      try arrange(opcode)
    case .global, .stackGlobal, .persistentID, .reduce, .newObject, .newObjectWithKeywords, .build:
      try make(opcode)
    case .protocolVersion:
      guard try cursor.byte() <= 5 else { throw fail("protocol 5 at most") }
    case .frame:
      _ = try cursor.bytes(8)
    case .stop:
      break
    }
  }
}

extension PickleMachine {
  func fail(_ expected: String) -> CheckpointError {
    .malformedPickle(offset: cursor.position, expected: expected)
  }

  private mutating func push(_ value: Value) throws(CheckpointError) {
    try CheckpointLimit.stack.check(stack.count + 1)
    stack.append(value)
  }

  /// Takes the topmost value, which lies above the last mark.
  private mutating func pop() throws(CheckpointError) -> Value {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw fail("a value on the stack")
    }
    return value
  }

  /// Takes all values above the last mark, and the mark.
  private mutating func popToMark() throws(CheckpointError) -> [Value] {
    guard let mark = marks.popLast() else { throw fail("a mark on the stack") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  /// The place of the node on top of the stack, which stays.
  private func top() throws(CheckpointError) -> Int {
    guard stack.count > marks.last ?? 0, case .node(let place) = stack.last else {
      throw fail("a container on the stack")
    }
    return place
  }

  private mutating func arrange(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .mark:
      try CheckpointLimit.stack.check(marks.count + 1)
      marks.append(stack.count)
    case .popMark:
      _ = try popToMark()
    case .duplicate:
      let value = try pop()
      try push(value)
      try push(value)
    default:
      // Of a mark too, where nothing lies above it.
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    }
  }

  private mutating func remember(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .get, .longGet:
      let place = try place(isLong: opcode == .longGet)
      guard let value = memo[place] else { throw fail("a value remembered as \(place)") }
      try push(value)
    default:
      let place = opcode == .memoize ? memo.count : try place(isLong: opcode == .longPut)
      guard stack.count > marks.last ?? 0, let value = stack.last else {
        throw fail("a value to remember")
      }
      memo[place] = value
      try CheckpointLimit.memo.check(memo.count)
    }
  }

  private mutating func place(isLong: Bool) throws(CheckpointError) -> Int {
    isLong ? Int(try cursor.integer(UInt32.self)) : Int(try cursor.byte())
  }
}

extension PickleMachine {
  private mutating func container(_ opcode: PickleOpcode) throws(CheckpointError) -> Value {
    switch opcode {
    case .emptyList: return try graph.add(PickleGraph.Node(kind: .list))
    case .emptyDictionary: return try graph.add(PickleGraph.Node(kind: .dictionary))
    case .emptySet: return try graph.add(PickleGraph.Node(kind: .set))
    case .emptyTuple: return try graph.add(PickleGraph.Node(kind: .tuple))
    case .list: return try graph.add(PickleGraph.Node(kind: .list, items: try popToMark()))
    case .dictionary:
      let items = try popToMark()
      guard items.count % 2 == 0 else { throw fail("a value for every key") }
      let node = try graph.add(PickleGraph.Node(kind: .dictionary))
      if case .node(let place) = node { try graph.append(pairs: items, to: place) }
      return node
    case .tuple: return try graph.add(PickleGraph.Node(kind: .tuple, items: try popToMark()))
    default:
      var items: [Value] = []
      for _ in 0..<(opcode == .tuple1 ? 1 : opcode == .tuple2 ? 2 : 3) { items.append(try pop()) }
      return try graph.add(PickleGraph.Node(kind: .tuple, items: items.reversed()))
    }
  }

  private mutating func extend(_ opcode: PickleOpcode) throws(CheckpointError) {
    let items: [Value]
    switch opcode {
    case .append: items = [try pop()]
    case .setItem:
      let value = try pop()
      items = [try pop(), value]
    default: items = try popToMark()
    }
    // A tensor or a parameter may be a class that is also a container; what it holds is let go.
    if case .tensor = stack.last { return }
    let place = try top()
    switch opcode {
    case .setItem, .setItems:
      guard items.count % 2 == 0 else { throw fail("a value for every key") }
      try graph.append(pairs: items, to: place)
    default: try graph.append(items, to: place)
    }
  }

  private mutating func make(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .global:
      let (module, name) = (try cursor.line(), try cursor.line())
      guard let symbol = String(validating: module + [UInt8(ascii: ".")] + name, as: UTF8.self)
      else { throw fail("a name in UTF-8") }
      try push(.symbol(symbol))
    case .stackGlobal:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw fail("a module and a name")
      }
      try CheckpointLimit.line.check(module.utf8.count + name.utf8.count)
      try push(.symbol("\(module).\(name)"))
    case .persistentID:
      try push(try storage(try pop()))
    case .build:
      let state = try pop()
      if case .tensor = stack.last { return }
      graph.setState(state, of: try top())
    default:
      // Keywords are of no use here.
      if opcode == .newObjectWithKeywords { _ = try pop() }
      let arguments = try pop()
      guard case .symbol(let symbol) = try pop(), let items = graph.items(arguments) else {
        throw fail("a name and a tuple")
      }
      try push(try opcode == .reduce ? call(symbol, items) : object(symbol, items))
    }
  }

  /// An instance of a class, which stays without life.
  private mutating func object(
    _ symbol: String, _ arguments: [Value]
  ) throws(CheckpointError) -> Value {
    guard PyTorchSymbol(symbol) == .orderedDictionary else {
      return try graph.add(PickleGraph.Node(kind: .object(symbol), items: arguments))
    }
    return try orderedDictionary(arguments)
  }

  private mutating func call(
    _ symbol: String, _ arguments: [Value]
  ) throws(CheckpointError) -> Value {
    var (symbol, arguments) = (symbol, arguments)
    // Around a function and its arguments: another function, with a type and a state.
    if PyTorchSymbol(symbol) == .rebuildFromType {
      guard arguments.count >= 3, case .symbol(let inner) = arguments[0],
        let items = graph.items(arguments[2])
      else { throw fail("a function, a type and a tuple") }
      (symbol, arguments) = (inner, items)
    }
    switch PyTorchSymbol(symbol) {
    case .orderedDictionary: return try orderedDictionary(arguments)
    case .tensor: return try tensor(arguments, from: symbol)
    case .parameter:
      guard let data = arguments.first else { throw fail("a parameter's tensor") }
      return data
    case .size:
      guard let size = arguments.first else { throw fail("a size") }
      return size
    case .inert:
      return try graph.add(PickleGraph.Node(kind: .object(symbol), items: arguments))
    case .rebuildFromType: throw fail("a function that rebuilds a tensor")
    case .refused: throw .refusedCall(symbol: symbol)
    }
  }

  private mutating func orderedDictionary(
    _ arguments: [Value]
  ) throws(CheckpointError) -> Value {
    var items: [Value] = []
    for pair in arguments.first.flatMap({ graph.items($0) }) ?? [] {
      guard let pair = graph.items(pair), pair.count == 2 else { throw fail("pairs") }
      items += pair
    }
    let node = try graph.add(PickleGraph.Node(kind: .dictionary))
    if case .node(let place) = node { try graph.append(pairs: items, to: place) }
    return node
  }

  private mutating func storage(_ id: Value) throws(CheckpointError) -> Value {
    guard let items = graph.items(id), let first = items.first else {
      throw fail("a storage's description")
    }
    guard first == .text("storage") else {
      return try graph.add(PickleGraph.Node(kind: .object("persistent"), items: items))
    }
    guard let storage = PickledStorage(items, in: graph) else {
      throw fail("a storage's type, key and size")
    }
    return try graph.add(storage)
  }

  private mutating func tensor(
    _ arguments: [Value], from symbol: String
  ) throws(CheckpointError) -> Value {
    guard let tensor = PickledTensor(arguments, from: symbol, in: graph) else {
      throw fail("a tensor's storage, offset, size and stride")
    }
    return try graph.add(tensor)
  }
}

extension PickleGraph {
  /// Follows a pickle that is all of a source.
  package init(_ source: any ByteSource) throws(CheckpointError) {
    var machine = PickleMachine(ByteCursor(source))
    self = try machine.run()
  }
}
