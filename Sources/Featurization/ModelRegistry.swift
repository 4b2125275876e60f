package import Encoders
import Scheduling
import Synchronization

/// An encoder with the digest of the weights that it carries.
package struct LoadedModel: Sendable {
  package let encoder: any Encoder
  /// Of the file of weights, hexadecimal.
  package let digest: String
  /// Bytes of memory.
  package let bytes: Int

  package init(encoder: any Encoder, digest: String, bytes: Int) {
    self.encoder = encoder
    self.digest = digest
    self.bytes = bytes
  }
}

/// A model in use: it stays in memory for as long as this does.
package final class ModelLease: Sendable {
  package let model: LoadedModel
  private let end: @Sendable () -> Void

  fileprivate init(_ model: LoadedModel, end: @escaping @Sendable () -> Void) {
    self.model = model
    self.end = end
  }

  deinit { end() }
}

/// The models that can be asked for, each read when it is first needed and kept under a budget.
///
/// Files are read by threads of the registry's own, each file once for all who ask meanwhile.
package final class ModelRegistry: Sendable {
  package let cards: [ModelCard]
  /// Taken when a request names none; once read it stays in memory, beside the budget.
  package let defaultName: String
  private let bytes: @Sendable (ModelCard) -> Int?
  private let load: @Sendable (ModelCard) throws(FeaturizationError) -> LoadedModel
  private let waiting: Int
  private let threads = BlockingThreadPool(limit: ModelRegistry.readers)
  private let state: Mutex<State>

  /// Files that are read at the same time.
  static let readers = 2

  private typealias Waiter = CheckedContinuation<LoadedModel, any Error>

  private struct State {
    var budget: ModelBudget
    var models: [String: LoadedModel] = [:]
    /// Those who wait for a model, by their numbers.
    var waiters: [String: [Int: Waiter]] = [:]
    var waiterCount = 0
    var lastNumber = 0
  }

  /// What is done once the state is no longer locked.
  private struct Effects {
    var reads: [ModelCard] = []
    /// Their memory ends here, which takes time.
    var released: [LoadedModel] = []
    var answers: [(waiter: Waiter, result: Result<LoadedModel, any Error>)] = []
  }

  /// `budget` is in bytes and `waiting` counts requests; `bytes` tells about how much memory a
  /// card's model will take, `nil` where its file is not here, and `load` reads it.
  package init(
    cards: [ModelCard], defaultName: String, budget: Int, waiting: Int,
    bytes: @escaping @Sendable (ModelCard) -> Int?,
    load: @escaping @Sendable (ModelCard) throws(FeaturizationError) -> LoadedModel
  ) {
    self.cards = cards
    self.defaultName = defaultName
    self.waiting = waiting
    self.bytes = bytes
    self.load = load
    state = Mutex(State(budget: ModelBudget(bytes: budget, pinned: defaultName)))
  }

  package func card(named name: String) -> ModelCard? { cards.first { $0.name == name } }

  package func isAvailable(_ card: ModelCard) -> Bool { bytes(card) != nil }

  package func isLoaded(_ card: ModelCard) -> Bool {
    state.withLock { $0.budget.isLoaded(card.name) }
  }

  /// Requests that wait for a model.
  package var waitingCount: Int { state.withLock { $0.waiterCount } }

  /// Bytes of memory that models take.
  package var totalBytes: Int { state.withLock { $0.budget.totalBytes } }

  /// A model to use, read first unless it is in memory.
  ///
  /// Who holds a lease asks for no other before it ends: that one may wait for the end.
  ///
  /// Throws `FeaturizationError`, `JobError.queueFull`, or `CancellationError` when the task is
  /// cancelled while it waits.
  package func lease(_ name: String) async throws -> ModelLease {
    try Task.checkCancellation()
    if let model = state.withLock({ $0.budget.use(name) ? $0.models[name] : nil }) {
      return lease(of: model, name)
    }
    guard let card = card(named: name), let bytes = bytes(card) else {
      throw FeaturizationError.weightsMissing(model: name)
    }
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    let model = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        join(name, bytes, as: number, waiter)
        // Cancelled before there was anything to leave.
        if Task.isCancelled { leave(name, as: number) }
      }
    } onCancel: {
      leave(name, as: number)
    }
    return lease(of: model, name)
  }

  /// Of a model whose use has begun; made by its user, who alone ends it.
  private func lease(of model: LoadedModel, _ name: String) -> ModelLease {
    ModelLease(model) { [self] in change { state, _ in state.budget.finish(name) } }
  }
}

extension ModelRegistry {
  private func join(_ name: String, _ bytes: Int, as number: Int, _ waiter: Waiter) {
    change { state, effects in
      guard state.waiterCount < waiting else {
        let limits = AdmissionQueue.Limits(runners: 1, waiting: waiting, heldBytes: 0)
        let error = JobError.queueFull(.encoding, limits, retryAfter: 1)
        effects.answers.append((waiter, .failure(error)))
        return
      }
      state.waiters[name, default: [:]][number] = waiter
      state.waiterCount += 1
      state.budget.wait(for: name, bytes: bytes)
    }
  }

  private func leave(_ name: String, as number: Int) {
    change { state, effects in
      guard let waiter = state.waiters[name]?.removeValue(forKey: number) else { return }
      state.waiterCount -= 1
      effects.answers.append((waiter, .failure(CancellationError())))
      guard state.waiters[name]?.isEmpty == true else { return }
      state.waiters[name] = nil
      state.budget.leave(name)
    }
  }

  /// Reads a file, on a thread of the registry's own.
  private func read(_ card: ModelCard) {
    let result = Result { () throws(FeaturizationError) in try load(card) }
    change { state, effects in
      switch result {
      case .success(let model):
        state.models[card.name] = model
        state.budget.loaded(card.name, bytes: model.bytes)
        admit(card.name, in: &state, &effects)
      case .failure(let error):
        state.budget.failed(card.name)
        for waiter in takeWaiters(for: card.name, in: &state) {
          effects.answers.append((waiter, .failure(error)))
        }
      }
    }
  }

  /// Changes the state, then does all that follows from it.
  private func change(_ body: (inout State, inout Effects) -> Void) {
    let effects = state.withLock { state in
      var effects = Effects()
      body(&state, &effects)
      while let action = state.budget.next() {
        switch action {
        case .release(let name):
          if let model = state.models.removeValue(forKey: name) { effects.released.append(model) }
        case .load(let name):
          if let card = card(named: name) { effects.reads.append(card) }
        case .admit(let name): admit(name, in: &state, &effects)
        }
      }
      return effects
    }
    for card in effects.reads { threads.run { [self] in read(card) } }
    for (waiter, result) in effects.answers { waiter.resume(with: result) }
  }

  /// Hands a model in memory to all who wait for it.
  private func admit(_ name: String, in state: inout State, _ effects: inout Effects) {
    guard let model = state.models[name] else { preconditionFailure("\(name) is not in memory") }
    for waiter in takeWaiters(for: name, in: &state) {
      state.budget.take(name)
      effects.answers.append((waiter, .success(model)))
    }
  }

  private func takeWaiters(for name: String, in state: inout State) -> [Waiter] {
    let waiters = state.waiters.removeValue(forKey: name) ?? [:]
    state.waiterCount -= waiters.count
    return waiters.sorted { $0.key < $1.key }.map(\.value)
  }
}
