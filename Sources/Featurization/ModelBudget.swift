/// Which models are in memory, which wait for room and which go for them: the decisions of a
/// registry, without a file or a thread.
///
/// Models share a budget of bytes, but for one that is pinned: it is not counted and never goes.
/// Where a model needs room, those that are not in use go, the least recently used first. One
/// larger than the budget is read when no other is in memory. Uses of what is in memory pass the
/// models that wait, each of these `overtaking` times at most.
package struct ModelBudget: Sendable {
  /// What is to be done next.
  package enum Action: Sendable, Hashable {
    /// Let go of a model; it is not in use.
    case release(String)
    /// Read a model; `loaded` or `failed` must follow.
    case load(String)
    /// Hand a model that is in memory to those who wait for it.
    case admit(String)
  }

  private struct Model {
    var bytes: Int
    var isLoaded = false
    var users = 0
    /// The number of its last use.
    var lastUse = 0

    var isIdle: Bool { isLoaded && users == 0 }
  }

  private struct Waiting {
    let name: String
    let bytes: Int
    /// Uses of other models since it is first in the line.
    var passed = 0
  }

  package static let overtaking = 16

  package let bytes: Int
  package let pinned: String
  /// In memory, or being read.
  private var models: [String: Model] = [:]
  /// In the order of their coming.
  private var line: [Waiting] = []
  private var uses = 0

  package init(bytes: Int, pinned: String) {
    precondition(bytes >= 0, "\(bytes) bytes")
    (self.bytes, self.pinned) = (bytes, pinned)
  }

  /// Bytes of all models in memory or being read, the pinned one among them.
  package var totalBytes: Int { models.values.reduce(0) { $0 + $1.bytes } }

  private var countedBytes: Int { totalBytes - (models[pinned]?.bytes ?? 0) }

  package func isLoaded(_ name: String) -> Bool { models[name]?.isLoaded == true }

  /// Begins a use of a model, unless it is not in memory or others have waited too long.
  package mutating func use(_ name: String) -> Bool {
    guard isLoaded(name), !isInLine(name), mayPass(name) else { return false }
    take(name)
    return true
  }

  /// Begins a use of a model in memory for one who waited for it.
  package mutating func take(_ name: String) {
    precondition(isLoaded(name), "\(name) is not in memory")
    uses += 1
    models[name]?.users += 1
    models[name]?.lastUse = uses
  }

  /// Ends a use.
  package mutating func finish(_ name: String) {
    precondition(models[name]?.users ?? 0 > 0, "\(name) is not in use")
    models[name]?.users -= 1
  }

  /// Enters a model in the line, unless it is there or being read.
  package mutating func wait(for name: String, bytes: Int) {
    precondition(bytes >= 0, "\(bytes) bytes")
    guard !isInLine(name), models[name] == nil || isLoaded(name) else { return }
    let waiting = Waiting(name: name, bytes: bytes)
    if name == pinned { line.insert(waiting, at: 0) } else { line.append(waiting) }
  }

  /// Strikes a model from the line: nothing waits for it any more.
  package mutating func leave(_ name: String) {
    line.removeAll { $0.name == name }
  }

  /// A model was read, and takes so many bytes.
  package mutating func loaded(_ name: String, bytes: Int) {
    models[name]?.bytes = bytes
    models[name]?.isLoaded = true
  }

  package mutating func failed(_ name: String) {
    models[name] = nil
  }

  /// The next action, which is taken to be done at once; `nil` when there is none for now.
  package mutating func next() -> Action? {
    let others = models.filter { $0.key != pinned }
    let idle = others.filter { $0.value.isIdle }
    // One that took more than was thought.
    if others.count > 1, countedBytes > bytes, let oldest = oldest(of: idle) {
      return release(oldest)
    }
    guard let head = line.first else { return nil }
    if isLoaded(head.name) {
      line.removeFirst()
      return .admit(head.name)
    }
    if head.name == pinned || others.isEmpty || head.bytes <= bytes - countedBytes {
      line.removeFirst()
      models[head.name] = Model(bytes: head.bytes)
      return .load(head.name)
    }
    let couldFit = head.bytes <= bytes - countedBytes + idle.values.reduce(0) { $0 + $1.bytes }
    guard couldFit || idle.count == others.count, let oldest = oldest(of: idle) else { return nil }
    return release(oldest)
  }

  private mutating func release(_ name: String) -> Action {
    models[name] = nil
    return .release(name)
  }

  private func oldest(of models: [String: Model]) -> String? {
    models.min { $0.value.lastUse < $1.value.lastUse }?.key
  }

  private func isInLine(_ name: String) -> Bool { line.contains { $0.name == name } }

  /// Whether a use may come before the first that waits.
  private mutating func mayPass(_ name: String) -> Bool {
    guard let head = line.first, name != pinned else { return true }
    guard head.passed < ModelBudget.overtaking else { return false }
    line[0].passed += 1
    return true
  }
}
