import CMockDriver
import Encoders
import Foundation
import GPU
import Imaging
import LinearAlgebra
import Support
import Synchronization
import VisionTransformers

/// A backend of made-up cards, whose processes are `MockWorker`.
struct MadeUpCards {
  let backend: GPUBackend
  private let events = Box<[CardEvent]>([])

  static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "MockWorker")

  /// `words` are the process's arguments.
  init(
    _ words: String..., count: Int = 1, memoryLimit: Int = 0, patience: Patience = Patience()
  ) throws {
    let found = Discovery(Mock().driver)
    let events = events
    backend = GPUBackend(
      Array(found.cards.prefix(count)), architecture: "made-up", edition: 0,
      memoryLimit: memoryLimit, patience: patience,
      launch: { card in
        WorkerLaunch(program: MadeUpCards.program, arguments: words + ["card=\(card.uuid)"])
      }, note: { event in events.update { $0.append(event) } })
  }

  var happened: [CardEvent] { events.value }

  var deaths: [String] {
    happened.compactMap { if case .died(_, let reason) = $0 { reason } else { nil } }
  }

  /// The encoder of a model.
  func encoder(_ model: TinyViT, threads: ThreadPool) -> any Encoder {
    let cpu = CPUBackend(threads: threads, queryThreads: threads).encoder(model.model)
    return backend.encoder(
      model.card, path: model.path, digest: model.digest, beside: cpu
    ).encoder
  }

  /// What cards make of some views.
  func encodings(
    _ model: TinyViT, _ options: EncodeOptions, _ views: [View] = [.identity],
    _ progress: WorkProgress = WorkProgress()
  ) async throws -> [Encoding] {
    try await onThread {
      let threads = ThreadPool(count: 2)
      defer { threads.close() }
      let encoder = encoder(model, threads: threads)
      return try encoder.encode(
        EncodingBatch(
          TinyViT.image, views: views, options, kernels: encoder.kernels(for: options)),
        progress: progress)
    }
  }
}

extension TinyViT {
  /// What the CPU makes of some views, in float32.
  func expected(_ options: EncodeOptions, _ views: [View] = [.identity]) async throws -> [Encoding]
  {
    try await onThread {
      let threads = ThreadPool(count: 2)
      defer { threads.close() }
      var exact = options
      exact.precision = .float32
      return try CPUBackend(threads: threads, queryThreads: threads).encoder(model).encode(
        EncodingBatch(TinyViT.image, views: views, exact), progress: WorkProgress())
    }
  }
}

extension Encoding {
  /// Every value that it has, by kind.
  var parts: [(name: String, values: [Float])] {
    [("patches", patches.vectors.values), ("class", classToken), ("logits", logits ?? [])]
      + ClassAttention.Kind.allCases.map { ("\($0)", classAttention[$0].vectors.values) }
  }

  /// The largest difference of each kind of values, as a part of the largest value.
  func differences(from other: Encoding) -> [(name: String, relative: Float)] {
    zip(parts, other.parts).map { found, wanted in
      guard found.values.count == wanted.values.count else { return (found.name, .infinity) }
      let largest = wanted.values.reduce(0) { max($0, abs($1)) }
      let difference = zip(found.values, wanted.values).reduce(Float(0)) { most, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(most, difference)
      }
      return (found.name, largest == 0 ? difference : difference / largest)
    }
  }
}
