import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Synchronization
import VisionTransformers

/// How long the server waits for the process of a card, in seconds.
package struct Patience: Sendable, Hashable {
  /// Until it has found its card.
  package var start = 60.0
  /// Until a model is loaded.
  package var load = 120.0
  /// Without a word while it encodes, beside ten times what a block is predicted to take.
  package var silence = 5.0
  /// Until a cancelled job has ended.
  package var cancellation = 2.0
  /// Before memory that others hold is asked for again.
  package var memory = 5.0

  package init() {}
}

/// A card as the server sees it: a process that is started when it is first needed, and again after
/// its death; one caller at a time.
final class CardClient: Sendable {
  /// What is to be encoded, by which model.
  struct Work {
    let batch: EncodingBatch
    let load: LoadOrder
    let shape: ViTShape
    let operand: Operand
    /// Predicted seconds of one block of one view.
    let blockSeconds: Double
    /// Operations of one view.
    let operations: Double
    let classes: Int
  }

  /// Why a try came to nothing.
  fileprivate enum Failure: Error {
    /// The process is gone.
    case died(String)
    /// The process has ended, since it had nothing to do.
    case left
    case refused(Message.Refusal, number: Int, words: String)
  }

  fileprivate struct State {
    var worker: WorkerProcess?
    var history = WorkerHistory()
    var lastJob: UInt64 = 0
  }

  fileprivate let state = Mutex(State())
  private let known: Mutex<CardCounts>
  private let launch: WorkerLaunch
  private let patience: Patience
  private let note: @Sendable (CardEvent) -> Void

  init(
    _ card: Card, _ launch: WorkerLaunch, _ patience: Patience,
    note: @escaping @Sendable (CardEvent) -> Void
  ) {
    known = Mutex(CardCounts(name: card.name, uuid: card.uuid))
    (self.launch, self.patience, self.note) = (launch, patience, note)
  }

  var counts: CardCounts { known.withLock { $0 } }

  /// Ends the process, if there is one, with the last reference.
  deinit { state.withLock { $0.worker?.end() } }

  /// Encodes views, twice where the process dies of the first try or others hold the memory.
  func encode(_ work: Work, _ progress: WorkProgress) throws -> [Encoding] {
    var (reported, last) = (0, "the card has been given up")
    for attempt in 0..<2 where counts.isUp {
      do {
        return try state.withLock { state throws in
          try encode(work, progress, &reported, &state)
        }
      } catch Failure.left {
        state.withLock { $0.worker = nil }
        last = "its process has ended"
      } catch Failure.died(let reason) {
        noteDeath(reason)
        last = reason
        guard !progress.isCancelled else { break }
      } catch Failure.refused(.cancelled, _, _) {
        known.withLock { $0.cancellations += 1 }
        throw CancellationError()
      } catch Failure.refused(.driver, let code, let words) {
        noteFault(code)
        last = "\(words), code \(code)"
        let reaction = Reaction(code: code)
        // None of these is better at the next request.
        if [.endProcess, .noCard, .otherKernels].contains(reaction) { noteDeath(last) }
        guard reaction != .noCard, reaction != .otherKernels else { break }
        if attempt == 0, reaction != .endProcess { try wait(progress) }
      } catch Failure.refused(.tooLarge, let bytes, _) {
        throw EncoderError.tooLarge(bytes: bytes)
      } catch Failure.refused(.outOfRange, _, _) {
        throw EncoderError.outOfRange
      } catch Failure.refused(_, _, let words) {
        noteFault(0)
        throw EncoderError.away(reason: words)
      }
    }
    if progress.isCancelled { throw CancellationError() }
    throw EncoderError.away(reason: last)
  }

  private func noteFault(_ code: Int) { known.withLock { $0.faults[code, default: 0] += 1 } }

  /// Waits for memory of the card that others hold.
  private func wait(_ progress: WorkProgress) throws {
    let end = ContinuousClock.now + .seconds(patience.memory)
    while ContinuousClock.now < end {
      if progress.isCancelled { throw CancellationError() }
      usleep(10_000)
    }
  }

  private func noteDeath(_ reason: String) {
    let now = Double(DispatchTime.now().uptimeNanoseconds) / 1e9
    let isOver = state.withLock { state in
      state.worker?.kill()
      state.worker = nil
      state.history.noteDeath(at: now)
      return state.history.isOver
    }
    let name = known.withLock { counts in
      counts.deaths += 1
      if isOver { counts.isUp = false }
      return counts.name
    }
    note(.died(card: name, reason: reason))
    if isOver { note(.givenUp(card: name)) }
  }
}

extension CardClient {
  /// Bytes of the shared memory that several views share at most.
  private static let windowBytes = 256 << 20

  private func encode(
    _ work: Work, _ progress: WorkProgress, _ reported: inout Int, _ state: inout State
  ) throws -> [Encoding] {
    let worker = try started(&state)
    if progress.isCancelled { throw CancellationError() }
    // A model is loaded to its end, also where the job is cancelled meanwhile.
    try load(work, worker, &state)
    let classes = work.classes
    let batch = work.batch
    let one = JobLayout(
      JobOrder(size: batch.image.size, views: 1, options: batch.options), work.shape,
      classes: classes)
    let most = max(1, min(batch.views.count, CardClient.windowBytes / one.bytes))
    var (encodings, done): ([Encoding], Int) = ([], 0)
    for first in stride(from: 0, to: batch.views.count, by: most) {
      if progress.isCancelled { throw CancellationError() }
      let views = Array(batch.views[first..<min(first + most, batch.views.count)])
      let order = JobOrder(size: batch.image.size, views: views.count, options: batch.options)
      let layout = JobLayout(order, work.shape, classes: classes)
      try write(order, layout, views, batch.image, to: worker)
      let job = state.nextJob()
      worker.use(work.model)
      let result = try exchange(
        .encode, job, first: order.order.count, third: worker.memory.bytes, text: work.load.digest,
        worker, patience.silence + 10 * work.blockSeconds * Double(views.count), progress
      ) { blocks in
        done += blocks
        // A second try does not count again what the first one did.
        guard done > reported else { return }
        progress.advance(by: done - reported)
        reported = done
      }
      note(result, work, views.count)
      for view in views.indices {
        encodings.append(worker.memory.encoding(view, layout, order, work.shape, classes))
      }
    }
    return encodings
  }

  private func note(_ result: Message, _ work: Work, _ views: Int) {
    known.withLock { counts in
      counts.jobs += 1
      counts.seconds += Double(result.first) / 1e6
      counts.chunks += Int(result.second)
      counts.operations += work.operations * Double(views)
    }
  }

  /// The process, which is started where there is none.
  private func started(_ state: inout State) throws -> WorkerProcess {
    if let worker = state.worker, !worker.hasLeft { return worker }
    state.worker = nil
    let (name, number) = known.withLock { counts in
      counts.starts += 1
      return (counts.name, counts.starts)
    }
    guard let worker = WorkerProcess(launch, ended: { [weak self] in self?.noteEnd(of: number) })
    else { throw Failure.died("it cannot be started") }
    let hello: Message
    do {
      hello = try exchange(nil, 0, worker, patience.start, nil) { _ in }
    } catch {
      worker.kill()
      throw error
    }
    state.worker = worker
    note(.began(card: name, bytes: Int(hello.first)))
    return worker
  }

  /// Loads the model where the process does not have it.
  private func load(_ work: Work, _ worker: WorkerProcess, _ state: inout State) throws {
    guard !worker.models.contains(work.model) else { return }
    let order = work.load.order
    worker.memory.write(order, at: 0)
    worker.use(work.model)
    do {
      _ = try exchange(
        .load, state.nextJob(), first: order.count, text: work.operand.rawValue, worker,
        patience.load, nil
      ) { _ in }
    } catch {
      // It may have made room in vain; what it still has is loaded again.
      worker.models = []
      throw error
    }
  }

  /// Puts the picture and the views' tables where the process looks for them.
  private func write(
    _ order: JobOrder, _ layout: JobLayout, _ views: [View], _ image: InputPlanes,
    to worker: WorkerProcess
  ) throws {
    guard worker.memory.grow(to: layout.bytes) else {
      throw EncoderError.away(reason: "the system does not give \(layout.bytes) bytes of memory")
    }
    worker.memory.write(order.order, at: 0)
    worker.memory.write(image.values, at: layout.planes.start)
    for (index, view) in views.enumerated() {
      let (rows, columns) = ViTParts.offsets(of: view, in: order.size)
      worker.memory.write(rows.map { Int32($0) }, at: layout.rows.bytes(of: index).lowerBound)
      worker.memory.write(columns.map { Int32($0) }, at: layout.columns.bytes(of: index).lowerBound)
    }
  }
}

extension CardClient.State {
  fileprivate mutating func nextJob() -> UInt64 {
    lastJob += 1
    return lastJob
  }
}

extension CardClient {
  /// Sends a message and waits for what ends the job, hearing of its progress and telling of its
  /// cancellation.
  private func exchange(
    _ kind: Message.Kind?, _ job: UInt64, first: Int = 0, third: Int = 0, text: String = "",
    _ worker: WorkerProcess, _ silence: Double, _ progress: WorkProgress?,
    advance: (Int) -> Void
  ) throws -> Message {
    if let kind {
      let message = Message(kind, job: job, first: first, third: third, text: text)
      guard worker.channel.send(message) else { throw Failure.died("its socket is closed") }
    }
    let clock = ContinuousClock()
    var heard = clock.now
    var cancelled: ContinuousClock.Instant?
    while true {
      switch worker.channel.receive(within: 10) {
      case .closed: throw Failure.died("it ended")
      case .message(let message) where message.kind == .bye: throw Failure.left
      case .nothing:
        if let cancelled, clock.now - cancelled > .seconds(patience.cancellation) {
          throw Failure.died("it did not obey a cancellation")
        }
        guard clock.now - heard < .seconds(silence) else {
          throw Failure.died("it said nothing for \(Int(silence)) s")
        }
      case .message(let message) where message.job != job: continue
      case .message(let message):
        heard = clock.now
        switch message.kind {
        case .progress: advance(Int(message.first))
        case .memory: note(message, of: worker)
        case .hello, .loaded, .result: return message
        case .refused:
          throw Failure.refused(
            Message.Refusal(rawValue: message.first) ?? .order, number: Int(message.second),
            words: message.text)
        case .load, .encode, .cancel, .bye: throw Failure.died("it said what it may not")
        }
      }
      if let progress, progress.isCancelled, cancelled == nil {
        worker.channel.send(Message(.cancel, job: job))
        cancelled = clock.now
      }
    }
  }
}

extension CardClient {
  /// Notes that the process of a start holds nothing any more.
  private func noteEnd(of start: Int) {
    known.withLock { counts in
      // Another may have been started meanwhile.
      if counts.starts == start { (counts.arenaBytes, counts.modelBytes) = (0, 0) }
    }
  }

  /// Notes what the process holds.
  private func note(_ memory: Message, of worker: WorkerProcess) {
    worker.models = worker.models.suffix(Int(memory.second))
    known.withLock { counts in
      (counts.modelBytes, counts.arenaBytes) = (Int(memory.first), Int(memory.third))
    }
  }
}

extension CardClient.Work {
  /// The model in these operands.
  fileprivate var model: String { "\(load.digest) \(operand.rawValue)" }
}

extension WorkerProcess {
  /// Notes that a model is used, or loaded, now.
  fileprivate func use(_ model: String) {
    models.removeAll { $0 == model }
    models.append(model)
  }

  /// Whether it has said so while it had nothing to do; what else it said is forgotten.
  fileprivate var hasLeft: Bool {
    while case .message(let message) = channel.receive(within: 0) {
      if message.kind == .bye { return true }
    }
    return false
  }
}

extension SharedMemory {
  /// One view of what was found.
  fileprivate func encoding(
    _ view: Int, _ layout: JobLayout, _ order: JobOrder, _ shape: ViTShape, _ classes: Int
  ) -> Encoding {
    let width = order.options.blocks.count * shape.dim
    let count = layout.grid.count
    let hasLogits =
      classes > 0 && order.options.block == shape.depth - 1 && order.options.facet == .token
    return Encoding(
      patches: FeatureMap(
        grid: layout.grid,
        vectors: matrix(layout.patches.bytes(of: view), rows: count, columns: width)),
      classToken: matrix(
        layout.before.bytes(of: view), rows: shape.prefix, columns: width
      ).row(0),
      classAttention: ClassAttention(
        grid: layout.grid,
        values: matrix(layout.attention.bytes(of: view), rows: count, columns: 5 * shape.heads)),
      logits: hasLogits
        ? matrix(layout.logits.bytes(of: view), rows: 1, columns: classes).values : nil)
  }
}
