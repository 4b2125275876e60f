package import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Synchronization

/// The backend of cards: plain transformers, each view on one card of several equal ones.
///
/// What a card computes has a name of its own, so that nothing the CPU computes in its place is taken
/// for it.
package final class GPUBackend: Sendable {
  package let cards: [Card]
  /// What the kernels were compiled for, such as `sm_90a`.
  private let architecture: String
  private let edition: Int
  private let memoryLimit: Int
  private let clients: [CardClient]
  private let free: Mutex<[Int]>
  private let waiting: DispatchSemaphore
  private let pace: [Operand: ThroughputEstimator]

  /// Cards that are equal, one at least; `launch` says how the process of one is started.
  package init(
    _ cards: [Card], architecture: String, edition: Int, memoryLimit: Int,
    patience: Patience = Patience(), launch: (Card) -> WorkerLaunch,
    note: @escaping @Sendable (CardEvent) -> Void
  ) {
    precondition(!cards.isEmpty, "no cards")
    (self.cards, self.architecture, self.edition) = (cards, architecture, edition)
    self.memoryLimit = memoryLimit
    clients = cards.map { CardClient($0, launch($0), patience, note: note) }
    free = Mutex(Array(cards.indices.reversed()))
    waiting = DispatchSemaphore(value: cards.count)
    pace = [
      .float16: ThroughputEstimator(operationsPerSecond: 20e12),
      .split16: ThroughputEstimator(operationsPerSecond: 7e12),
    ]
  }

  /// What the cards have done.
  package var counts: [CardCounts] { clients.map(\.counts) }

  /// Whether a card encodes.
  var isUp: Bool { clients.contains { $0.counts.isUp } }

  /// The name of what cards compute.
  package func arithmetic(_ operand: Operand) -> String {
    "\(KernelSets.cardMark)\(architecture):\(operand.rawValue):k\(edition)"
  }

  func seconds(for operations: Double, _ operand: Operand) -> Double {
    pace[operand]?.seconds(for: operations) ?? 0
  }

  func learn(_ operations: Double, _ operand: Operand, took duration: Duration) {
    pace[operand]?.learn(operations: operations, took: duration)
  }

  /// Bytes of a card that a job may take, as far as is known before it is asked.
  var bytes: Int {
    let all = cards.map(\.bytes).min() ?? 0
    return memoryLimit == 0 ? all / 10 * 9 : min(memoryLimit, all)
  }

  /// An encoder of a model's file on the cards, beside that of the CPU; that alone, and why, where
  /// the kernels do not have the model.
  package func encoder(
    _ card: ModelCard, path: String, digest: String, beside cpu: any Encoder
  ) -> (encoder: any Encoder, unfit: ViTShape.Unfit?) {
    do throws(ViTShape.Unfit) {
      let load = LoadOrder(card: card, path: path, digest: digest)
      return (GPUEncoder(cpu: cpu, load: load, shape: try ViTShape(card), backend: self), nil)
    } catch {
      return (cpu, error)
    }
  }

  /// Encodes on the card that is free first.
  func encode(_ work: CardClient.Work, _ progress: WorkProgress) throws -> [Encoding] {
    while waiting.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
      if progress.isCancelled { throw CancellationError() }
    }
    defer { waiting.signal() }
    // One that was given up is taken where there is no other, and says so.
    let index = free.withLock { free in
      let place = free.lastIndex { clients[$0].counts.isUp } ?? free.count - 1
      return free.remove(at: place)
    }
    defer { free.withLock { $0.append(index) } }
    return try clients[index].encode(work, progress)
  }
}

/// A model on cards, with the CPU for what they do not have.
struct GPUEncoder: Encoder {
  let cpu: any Encoder
  let load: LoadOrder
  let shape: ViTShape
  let backend: GPUBackend

  var card: ModelCard { cpu.card }

  func kernels(for options: EncodeOptions) -> KernelSets {
    guard backend.isUp, let operand = Operand(options) else { return cpu.kernels(for: options) }
    return KernelSets.current.with(encoder: backend.arithmetic(operand))
  }

  func makes(_ kernels: KernelSets, _ options: EncodeOptions) -> Bool {
    cpu.makes(kernels, options)
      || Operand(options).map { kernels.encoder == backend.arithmetic($0) } ?? false
  }

  func cost(of grid: Grid, views: Int, _ options: EncodeOptions) -> EncodingCost {
    let cost = cpu.cost(of: grid, views: views, options)
    guard backend.isUp, let operand = Operand(options) else { return cost }
    return EncodingCost(
      operations: cost.operations, seconds: backend.seconds(for: cost.operations, operand),
      bytes: Double(grid.count * options.blocks.count * shape.dim * 4))
  }

  func encode(_ batch: EncodingBatch, progress: WorkProgress) throws -> [Encoding] {
    guard let operand = Operand(batch.options),
      batch.kernels.encoder == backend.arithmetic(operand)
    else { return try cpu.encode(batch, progress: progress) }
    let order = JobOrder(size: batch.image.size, views: 1, options: batch.options)
    let least = Arena(order, shape, operand, views: 1).bytes
    guard least <= backend.bytes else { throw EncoderError.tooLarge(bytes: least) }
    let grid = Grid(of: batch.image.size, patch: shape.patch, stride: batch.options.stride)
    let operations = cpu.cost(of: grid, views: 1, batch.options).operations
    let blocks = batch.options.block + 1
    progress.expect(batch.views.count * blocks)
    let begun = ContinuousClock.now
    let encodings = try backend.encode(
      CardClient.Work(
        batch: batch, load: load, shape: shape, operand: operand,
        blockSeconds: backend.seconds(for: operations, operand) / Double(blocks),
        operations: operations, classes: card.head?.classes ?? 0), progress)
    backend.learn(
      operations * Double(batch.views.count), operand, took: ContinuousClock.now - begun)
    return encodings
  }
}
