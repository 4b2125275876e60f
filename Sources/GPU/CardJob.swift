import Encoders
import Glibc
import Imaging
import LinearAlgebra
import VisionTransformers

/// The encoding of some views on a card, chunk after chunk.
struct CardJob {
  /// What it took.
  struct Outcome {
    var seconds = 0.0
    var chunks = 0
    /// Of products and attention.
    var operations = 0.0
  }

  let order: JobOrder
  let model: CardModel
  let context: Context
  let kernels: KernelModule
  let memory: SharedMemory
  /// Operations that the card is known to do in a second.
  let pace: Double
  /// Told of blocks that are computed.
  let advance: (Int) -> Void
  /// Whether the job is not wanted any more; asked every few hundred microseconds.
  let isCancelled: () -> Bool
  private let layout: JobLayout

  init(
    _ order: JobOrder, _ model: CardModel, in context: Context, _ kernels: KernelModule,
    _ memory: SharedMemory, pace: Double, advance: @escaping (Int) -> Void,
    isCancelled: @escaping () -> Bool
  ) {
    (self.order, self.model, self.context, self.kernels) = (order, model, context, kernels)
    (self.memory, self.pace) = (memory, pace)
    (self.advance, self.isCancelled) = (advance, isCancelled)
    layout = JobLayout(order, model.shape, classes: model.parts.classes)
  }

  /// Encodes all views in at most so many bytes of the card; where others have taken these
  /// meanwhile, in half as many, down to those of one view.
  func run(within bytes: Int, _ arena: inout CardMemory?) throws -> Outcome {
    var bytes = bytes
    while true {
      guard let views = Arena.views(order, model.shape, model.operand, in: bytes, of: context.card)
      else {
        let least = Arena(order, model.shape, model.operand, views: 1).bytes
        throw JobError(.tooLarge, least)
      }
      let wanted = Arena(order, model.shape, model.operand, views: views).bytes
      do throws(DriverError) {
        if (arena?.bytes ?? 0) < wanted {
          arena = nil
          arena = try context.allocate(wanted)
        }
      } catch {
        guard error.reaction == .lessMemory, views > 1 else { throw error }
        bytes = max(wanted / 2, Arena(order, model.shape, model.operand, views: 1).bytes)
        continue
      }
      guard let arena else { preconditionFailure("no arena") }
      return try run(in: arena, views: views)
    }
  }

  private func run(in arena: CardMemory, views most: Int) throws -> Outcome {
    var outcome = Outcome()
    let (begin, end) = (try context.event(), try context.event())
    try begin.record()
    for first in stride(from: 0, to: order.views, by: most) {
      let views = first..<min(first + most, order.views)
      outcome.operations += try encode(views, in: arena)
      outcome.chunks += 1
    }
    try end.record()
    try context.synchronise()
    outcome.seconds = try end.seconds(since: begin)
    addLogits()
    return outcome
  }

  /// Seconds of work that are enqueued at most, beside those of one launch, which are half as many:
  /// a cancelled job ends when that is done.
  private static let enqueuedSeconds = 0.015

  /// Marks what was enqueued.
  private struct Mark {
    let event: CardMark
    /// Since the mark before.
    let operations: Double
    let blocks: Int
  }

  /// Returns the operations.
  private func encode(_ views: Range<Int>, in memory: CardMemory) throws -> Double {
    let most = pace * CardJob.enqueuedSeconds
    let arena = Arena(order, model.shape, model.operand, views: views.count)
    let launches = Launches(
      shape: model.shape, operand: model.operand, order: order, views: views.count, arena: arena,
      base: memory.address, weightsBase: model.memory.address, weights: model.weights,
      mostOperations: most / 2)
    try upload(views, arena, memory.address)
    var marks: [Mark] = []
    var (all, enqueued, unmarked) = (0.0, 0.0, 0.0)
    func mark(blocks: Int) throws {
      let event = try context.event()
      try event.record()
      marks.append(Mark(event: event, operations: unmarked, blocks: blocks))
      enqueued += unmarked
      unmarked = 0
      while enqueued > most {
        let first = marks.removeFirst()
        try wait(for: first, views.count)
        enqueued -= first.operations
      }
    }
    func run(_ list: [Launch]) throws {
      for launch in list {
        try kernels.run(launch)
        unmarked += launch.operations
        all += launch.operations
        if unmarked >= most / 2 { try mark(blocks: 0) }
      }
    }
    try run(launches.embedding)
    for index in 0...order.options.block {
      try run(launches.block(index))
      try mark(blocks: 1)
    }
    for mark in marks { try wait(for: mark, views.count) }
    try download(views, arena, memory.address)
    try context.synchronise()
    let flags = try self.flags(at: memory.address + UInt64(arena.flags), views.count)
    guard !flags else { throw JobError(.outOfRange) }
    return all
  }

  /// Waits until what precedes a mark is computed.
  private func wait(for mark: Mark, _ views: Int) throws {
    while !(try mark.event.isDone) {
      guard !isCancelled() else { throw JobError(.cancelled) }
      usleep(200)
    }
    guard !isCancelled() else { throw JobError(.cancelled) }
    if mark.blocks > 0 { advance(views * mark.blocks) }
  }

  private func upload(_ views: Range<Int>, _ arena: Arena, _ base: UInt64) throws {
    func address(_ offset: Int) -> UInt64 { base + UInt64(offset) }
    let size = order.size
    let planes = layout.planes.bytes(of: 0)
    try context.upload(planes, of: memory, to: address(arena.planes))
    try context.upload(layout.rows.bytes(of: views), of: memory, to: address(arena.rows))
    try context.upload(layout.columns.bytes(of: views), of: memory, to: address(arena.columns))
    let (added, turns) = model.places(of: layout.grid, in: size)
    try context.upload(added, to: address(arena.positions))
    try context.upload(turns, to: address(arena.rotation))
    try context.driver.fill(
      address(arena.flags), words: views.count, with: 0, in: context.stream)
  }

  private func download(_ views: Range<Int>, _ arena: Arena, _ base: UInt64) throws {
    for (part, offset) in [
      (layout.patches, arena.patches), (layout.before, arena.before),
      (layout.classTokens, arena.classTokens), (layout.attention, arena.attention),
    ] {
      try context.download(base + UInt64(offset), to: part.bytes(of: views), of: memory)
    }
  }

  /// Whether any view had a number beyond those of a half; the words are read where the order was.
  private func flags(at address: UInt64, _ views: Int) throws -> Bool {
    let room = 0..<4 * views
    precondition(room.upperBound <= JobOrder.mostBytes, "\(views) views in a chunk")
    try context.download(address, to: room, of: memory)
    try context.synchronise()
    return memory.read(room).contains { $0 != 0 }
  }

  /// The classifier's logits, by this CPU, where the last block was read.
  private func addLogits() {
    let options = order.options
    guard model.parts.classes > 0, options.block == model.shape.depth - 1, options.facet == .token,
      let place = options.blocks.firstIndex(of: options.block)
    else { return }
    let dim = model.shape.dim
    let columns = place * dim..<(place + 1) * dim
    func part(_ part: JobLayout.Part, _ view: Int, _ rows: Int, _ columns: Range<Int>) -> Matrix {
      let all = memory.matrix(part.bytes(of: view), rows: rows, columns: part.each / max(rows, 1))
      let chosen = MutableMatrix(rows: rows, columns: columns.count)
      chosen.all.copy(all[rows: 0..<rows, columns: columns])
      return chosen.frozen()
    }
    for view in 0..<order.views {
      let logits = model.parts.logits(
        before: part(layout.before, view, model.shape.prefix, columns),
        patches: part(layout.patches, view, layout.grid.count, columns),
        classTokens: part(layout.classTokens, view, options.block + 1, 0..<dim))
      memory.write(logits ?? [], at: layout.logits.bytes(of: view).lowerBound)
    }
  }
}
