import API
import Cache
import Catalogue
import Checkpoints
import Files
import Encoders
import Featurization
import Foundation
import GPU
import Scheduling
import LinearAlgebra
import Logging
import VisionTransformers

/// The parts of the program put together; the one place that knows every concrete type.
struct Composition: Sendable {
  let settings: Settings
  let services: Services
  let workers: ThreadPool

  /// Where images and fields are kept for later questions.
  enum Keeping: Equatable {
    case nowhere
    case inMemory
    /// And on disk, where the settings name a folder.
    case inStore
    /// On disk in this folder.
    case inFolder(String)

    var isOnDisk: Bool { self != .nowhere && self != .inMemory }
  }

  init(
    _ settings: Settings, keeping: Keeping, serviceMetrics: ServiceMetrics = ServiceMetrics(),
    logger: Logger? = nil
  ) throws {
    self.settings = settings
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let threads = settings.threads == 0 ? processors : settings.threads
    let folder = settings.weights
    workers = ThreadPool(count: threads)
    let queryThreads = workers.with(.interactive)
    let backend = CPUBackend(threads: workers, queryThreads: queryThreads)
    let cards = try Composition.cards(settings, logger)
    if let cards { serviceMetrics.watch { cards.counts } }
    let models = ModelRegistry(
      cards: try Composition.cards(in: folder), defaultName: settings.model,
      budget: settings.modelBytes, waiting: settings.queueLength,
      bytes: { Composition.bytes(of: $0, in: folder) },
      load: { card throws(FeaturizationError) in
        let (model, digest, bytes) = try Composition.read(card, from: folder)
        let encoder = backend.encoder(model)
        return LoadedModel(
          encoder: cards?.encoder(
            card, path: Composition.path(of: card, in: folder), digest: digest, beside: encoder,
            logger) ?? encoder,
          digest: digest, bytes: bytes)
      })
    guard models.cards.contains(where: { $0.name == models.defaultName }) else {
      throw CompositionError.unknownModel(
        models.defaultName, known: models.cards.map(\.name))
    }
    let measured = MeasuredPrecision(besideWeights: folder)
    let precisions = PrecisionNames(
      usual: settings.precision, automatic: { cards == nil ? measured.value : .bfloat16 })
    guard let precisions else {
      preconditionFailure("\(settings.precision) is a choice without a precision")
    }
    let memory = MemoryReserve()
    services = Services(
      Configuration(
        models: models, limits: settings.featurization,
        queue: JobQueue(
          limits: AdmissionQueue.Limits(
            runners: settings.workers, waiting: settings.queueLength,
            heldBytes: settings.workingMemory), memory: memory),
        queryQueue: JobQueue(
          for: .queries,
          limits: AdmissionQueue.Limits(
            runners: settings.queryThreads, waiting: settings.queryQueueLength,
            heldBytes: settings.workingMemory, age: settings.queryWait),
          memory: memory),
        answerQueue: JobQueue(for: .answers, limits: settings.answers, memory: memory),
        queryThreads: queryThreads,
        memory: keeping == .nowhere ? 0 : settings.memoryBytes,
        disk: try Composition.store(settings, keeping),
        shared: keeping.isOnDisk ? try settings.sharedStore : nil,
        precisions: precisions, storageType: settings.fieldDtype,
        arithmetic: cards?.arithmetic ?? FieldRecord.arithmetic,
        observe: { event in
          serviceMetrics.note(event)
          logger?.note(event)
        }))
  }

  /// The store on disk; `nil` where there is to be none.
  private static func store(_ settings: Settings, _ keeping: Keeping) throws -> DiskStore? {
    let place: String? =
      switch keeping {
      case .nowhere, .inMemory: nil
      case .inStore: settings.store
      case .inFolder(let folder): folder
      }
    do throws(StorageError) {
      return try place.map { folder throws(StorageError) in
        try DiskStore(
          at: folder, budget: settings.diskBytes, namespaces: Services.namespaces)
      }
    } catch {
      throw CompositionError.store(error)
    }
  }

  /// Returns when a thread that computes has come to it: that they turn.
  @Sendable func computes() async {
    _ = try? await services.fields.queue.run { workers.forEach(1) { _, _ in } }
  }

  /// Reads the default model, and says what is to be done when its file is missing.
  func loadDefaultModel() async throws { try await load(services.models.defaultName) }

  /// The same of another model.
  func load(_ name: String) async throws {
    do {
      _ = try await services.models.lease(name)
    } catch FeaturizationError.weightsMissing {
      throw CompositionError.weightsMissing(name, folder: settings.weights)
    } catch FeaturizationError.weightsRefused(_, let reason) {
      throw CompositionError.weightsRefused(name, reason: reason)
    }
  }

  /// The published models, and those that were imported into a folder of weights.
  static func cards(in folder: String) throws -> [ModelCard] {
    let published = try JSONDecoder().decode(
      [ModelCard].self, from: Data(EmbeddedFile.bytes(of: "models.json")))
    return CardFolder.cards(in: folder, beside: published, tensors).cards
  }

  /// What the loader of a card's model asks for.
  static let tensors: ExpectedTensors.Source = { card throws(CheckpointError) in
    try card.tensors()
  }

  static func path(of card: ModelCard, in folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(card.file).path
  }

  /// Bytes of memory that a model's file will take, if it holds float32; `nil` where it is not here.
  static func bytes(of card: ModelCard, in folder: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path(of: card, in: folder))
    return (attributes?[.size] as? NSNumber).map { $0.intValue / 4 * bytesOfWeight }
  }

  /// A weight is kept as float32, and as bfloat16 too once that was asked for.
  private static let bytesOfWeight = 4 + 2

  /// Reads a model's file, after its digest was found to be the card's; `bytes` is the memory that
  /// it takes.
  static func read(
    _ card: ModelCard, from folder: String
  ) throws(FeaturizationError) -> (model: any CPUModel, digest: String, bytes: Int) {
    let path = path(of: card, in: folder)
    guard FileManager.default.fileExists(atPath: path) else {
      throw .weightsMissing(model: card.name)
    }
    do {
      // What is read below is what was hashed, whatever gets the file's name meanwhile.
      let file = try File(reading: path)
      // The file itself, and its values in float32.
      guard MemoryReserve.systemGives(3 * file.status.bytes) else {
        throw CompositionError.noMemory(path)
      }
      let digest = try SHA256.digest(of: file).description
      if let expected = card.sha256, digest != expected {
        throw CompositionError.wrongDigest(path, expected: expected, found: digest)
      }
      let checkpoint = try Checkpoint(safetensors: file)
      let weights = checkpoint.tensors.values.reduce(0) { $0 + $1.count }
      return (try card.model(Weights(checkpoint)), digest, weights * bytesOfWeight)
    } catch {
      throw .weightsRefused(model: card.name, reason: "\(error)")
    }
  }
}

/// Why the program cannot be put together, in words for the operator.
enum CompositionError: Error, CustomStringConvertible {
  case unknownModel(String, known: [String])
  case weightsMissing(String, folder: String)
  case weightsRefused(String, reason: String)
  /// A choice of cards that is none.
  case card(String)
  /// A card for which there are no kernels.
  case noKernels(String)
  case store(StorageError)
  /// Why there is no shared store.
  case shared(String)
  case noMemory(String)
  case wrongDigest(String, expected: String, found: String)

  var description: String {
    switch self {
    case .unknownModel(let name, let known):
      "There is no model \(name); there are \(known.joined(separator: ", "))"
    case .weightsMissing(let name, let folder):
      "The weights of \(name) are not in \(folder). Weights/fetch gets the default model's; "
        + "--weights names another folder."
    case .weightsRefused(let name, let reason): "The weights of \(name) are unusable: \(reason)"
    case .card(let text): "gpu is \(text): it must be \(CardChoice.words)"
    case .noKernels(let card): "this program has no kernels for \(card)"
    case .store(.inUse(let folder)):
      "The store in \(folder) is another server's. --store names another folder, or none."
    case .store(.notAStore(let folder)):
      "\(folder) holds files that are no store's. --store names an empty folder, or none."
    case .store(.unusable(let error)):
      "The store in \(error.path) cannot be used: \(error.reason). "
        + "--store names another folder, or none."
    case .shared(let reason):
      "The store that machines share cannot be used: \(reason). --shared names another, or none."
    case .noMemory(let path): "The system does not give the memory to load \(path)"
    case .wrongDigest(let path, let expected, let found):
      "\(path) has SHA-256 \(found), its card says \(expected)"
    }
  }
}
