import Encoders
import Foundation
import Glibc
import Imaging
import VisionTransformers

/// The process of a card: loads models, encodes what it is told to, one job after another.
///
/// Its end is the only way out of a broken context, so errors that leave one are its last.
package final class CardWorker {
  /// How the process is to end.
  package enum End: Int32, Sendable {
    case asked = 0
    /// There is no card to be used.
    case noCard = 70
    /// An error that leaves a broken context.
    case broken = 71
  }

  private let channel: Channel
  private let memory: SharedMemory
  private let context: Context
  private let kernels: KernelModule
  /// Bytes of the card that may be used.
  private let budget: Int
  private var models: [Loaded] = []
  private var arena: CardMemory?
  /// The memory that is pinned, in bytes.
  private var pinned = 0
  private var isBidden = false
  /// Milliseconds without a job after which it leaves; −1 for never.
  private let idle: Int
  /// Operations a second of the last job that was long enough, within some bounds.
  private var pace = 20e12

  fileprivate struct Loaded {
    let order: LoadOrder
    let model: CardModel
  }

  private init(
    _ driver: Driver, _ wanted: String, bytes: Int, idle: Int, image: (Card) -> KernelImage?,
    _ channel: Channel, _ memory: SharedMemory
  ) throws {
    (self.channel, self.memory) = (channel, memory)
    self.idle = idle == 0 ? -1 : 1000 * idle
    let found = Discovery(driver)
    // Where the environment shows one card alone, it is the wanted one, whatever it is called.
    if case .refused(let call, let code, let name) = found.absence {
      throw DriverError(call: call, code: code, name: name)
    }
    guard let card = found.cards.first(where: { $0.uuid == wanted }) ?? found.only else {
      throw JobError(.driver, 100, found.absence?.words ?? "there is no card \(wanted)")
    }
    guard let image = image(card) else {
      throw JobError(.driver, 209, "no kernels for \(card.name)")
    }
    context = try Context(driver, card)
    kernels = try KernelModule(image.bytes, in: context)
    let (free, _) = try driver.freeMemory()
    budget = bytes == 0 ? free / 10 * 9 : min(bytes, free)
  }

  /// Serves until it is told to end, or must, or no job came for `idle` seconds, if these are not 0;
  /// never returns to a broken context.
  package static func run(
    _ driver: Driver, card: String, bytes: Int, idle: Int, image: (Card) -> KernelImage?,
    _ channel: Channel, _ memory: SharedMemory
  ) -> End {
    do {
      let worker = try CardWorker(
        driver, card, bytes: bytes, idle: idle, image: image, channel, memory)
      channel.send(Message(.hello, first: worker.budget))
      return worker.serve()
    } catch {
      channel.send(Message.refusal(error, job: 0))
      return .noCard
    }
  }

  private func serve() -> End {
    while !isBidden {
      switch channel.receive(within: idle) {
      case .nothing:
        channel.send(Message(.bye))
        return .asked
      case .closed: return .asked
      case .message(let message):
        do {
          let answer = try answer(to: message)
          tellMemory(message.job)
          if let answer { channel.send(answer) }
        } catch {
          tellMemory(message.job)
          channel.send(Message.refusal(error, job: message.job))
          // Nothing is freed: calls in a broken context may never return.
          if (error as? DriverError)?.reaction == .endProcess { _exit(End.broken.rawValue) }
        }
      }
    }
    return .asked
  }

  private func answer(to message: Message) throws -> Message? {
    switch message.kind {
    case .load: return try load(message)
    case .encode: return try encode(message)
    case .bye:
      isBidden = true
      return nil
    // Of a job that has ended meanwhile.
    case .cancel: return nil
    case .hello, .loaded, .progress, .memory, .result, .refused: throw JobError(.order)
    }
  }

  private var modelBytes: Int { models.reduce(0) { $0 + $1.model.memory.bytes } }

  private func tellMemory(_ job: UInt64) {
    channel.send(
      Message(
        .memory, job: job, first: modelBytes, second: models.count, third: arena?.bytes ?? 0))
  }

  private func read<Order: Decodable>(_ type: Order.Type, _ bytes: UInt64) throws -> Order {
    guard bytes <= UInt64(JobOrder.mostBytes), memory.see(max(memory.bytes, JobOrder.mostBytes)),
      let order = try? JSONDecoder().decode(type, from: Data(memory.read(0..<Int(bytes))))
    else { throw JobError(.order) }
    return order
  }

  /// Loads a model, in place of those that were used longest ago where memory is short.
  private func load(_ message: Message) throws -> Message {
    let order = try read(LoadOrder.self, message.first)
    guard let operand = Operand(rawValue: message.text) else { throw JobError(.order) }
    models.removeAll { $0.isCalled(order.digest, operand) }
    let parts = try order.parts()
    var model: CardModel?
    while model == nil {
      do {
        model = try CardModel(parts, operand, in: context)
      } catch {
        let isShort = (error as? DriverError)?.reaction == .lessMemory
        guard isShort, arena != nil || !models.isEmpty else { throw error }
        arena = nil
        if !models.isEmpty { models.removeFirst() }
      }
    }
    guard let model else { throw JobError(.order) }
    models.append(Loaded(order: order, model: model))
    return Message(.loaded, job: message.job)
  }

  private func encode(_ message: Message) throws -> Message {
    let wanted = Int(message.third)
    let order = try read(JobOrder.self, message.first)
    guard let operand = Operand(order.options) else { throw JobError(.order) }
    guard let place = models.lastIndex(where: { $0.isCalled(message.text, operand) }) else {
      throw JobError(.order, 0, "no such model")
    }
    // The last used is last.
    models.append(models.remove(at: place))
    let model = models[models.count - 1].model
    try order.check(model.shape)
    try see(wanted)
    let job = CardJob(
      order, model, in: context, kernels, memory, pace: pace,
      advance: { [channel] in
        channel.send(Message(.progress, job: message.job, first: $0))
      }, isCancelled: { [self] in isCancelled(message.job) })
    let least = Arena(order, model.shape, model.operand, views: 1).bytes
    while models.count > 1, modelBytes + least > budget { models.removeFirst() }
    do {
      let outcome = try job.run(within: max(0, budget - modelBytes), &arena)
      // Other jobs may be slower than the quickest.
      if outcome.seconds > 0.01 {
        pace = min(max(1e12, outcome.operations / outcome.seconds), 100e12)
      }
      return Message(
        .result, job: message.job, first: Int(outcome.seconds * 1e6), second: outcome.chunks)
    } catch let error as JobError {
      // What is enqueued writes to the shared memory until it is done.
      try context.synchronise()
      throw error
    }
  }

  /// Sees as many bytes of the shared memory, which the card may then read and write itself.
  private func see(_ wanted: Int) throws {
    if wanted != memory.bytes {
      if pinned > 0 {
        unsafe memory.with(0..<pinned) { unsafe context.driver.unpin($0) }
        pinned = 0
      }
      guard memory.see(wanted) else { throw JobError(.order, wanted, "the memory cannot be seen") }
    }
    guard pinned == 0 else { return }
    // SAFETY: the mapping stays until it is unpinned above.
    try unsafe memory.with(0..<wanted) { bytes throws(DriverError) in
      try unsafe context.driver.pin(bytes)
    }
    pinned = wanted
  }

  /// Whether the server has said so, or is gone.
  private func isCancelled(_ job: UInt64) -> Bool {
    switch channel.receive(within: 0) {
    case .nothing: return false
    case .closed: isBidden = true
    case .message(let message):
      guard message.kind == .bye else { return message.kind == .cancel && message.job == job }
      isBidden = true
    }
    return true
  }
}

extension CardWorker.Loaded {
  /// Whether it is the model of a name, in these operands.
  fileprivate func isCalled(_ name: String, _ operand: Operand) -> Bool {
    order.digest == name && model.operand == operand
  }
}

extension Discovery {
  /// The card where there is no other.
  fileprivate var only: Card? { cards.count == 1 ? cards[0] : nil }
}

extension JobOrder {
  /// Throws where it is none of the model's.
  fileprivate func check(_ shape: ViTShape) throws(JobError) {
    guard views > 0, options.stride > 0, size.width >= shape.patch, size.height >= shape.patch,
      options.blocks.allSatisfy((0..<shape.depth).contains),
      options.blocks.count == 1 || options.facet == .token
    else { throw JobError(.order) }
  }
}

extension Message {
  /// What is said of an error.
  fileprivate static func refusal(_ error: any Error, job: UInt64) -> Message {
    switch error {
    case let error as DriverError:
      refused(.driver, job: job, error.code, "\(error.call) (\(error.name))")
    case let error as JobError: refused(error.refusal, job: job, error.number, error.words)
    case let error as ViTShape.Unfit: refused(.order, job: job, 0, "\(error)")
    default: refused(.order, job: job, 0, "\(error)")
    }
  }
}
