import API
import Cache
import Catalogue
import Checkpoints
import Files
import Encoders
import Featurization
import Foundation
package import HTTP1
import HTTPServer
import ImageCodecs
import LinearAlgebra
import Logging
import Scheduling
import VisionTransformers

/// The parts of the program put together; the one place that knows every concrete type.
struct Composition: Sendable {
  let settings: Settings
  let services: Services
  private let workers: ThreadPool

  /// `keeps` says whether images and fields are kept for later questions.
  init(
    _ settings: Settings, keeps: Bool, serviceMetrics: ServiceMetrics = ServiceMetrics(),
    logger: Logger? = nil
  ) throws {
    self.settings = settings
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let threads = settings.whole(.threads) == 0 ? processors : settings.whole(.threads)
    let folder = settings.text(.weights)
    workers = ThreadPool(count: threads)
    let queryThreads = workers.with(.interactive)
    let backend = CPUBackend(threads: workers, queryThreads: queryThreads)
    let models = Models(
      cards: try Composition.cards(in: folder), defaultName: settings.text(.model),
      exists: { FileManager.default.fileExists(atPath: Composition.path(of: $0, in: folder)) },
      load: { card throws(FeaturizationError) in
        let (model, digest) = try Composition.read(card, from: folder)
        return LoadedModel(encoder: backend.encoder(model), digest: digest)
      })
    guard models.cards.contains(where: { $0.name == models.defaultName }) else {
      throw CompositionError.unknownModel(
        models.defaultName, known: models.cards.map(\.name))
    }
    let measured = MeasuredPrecision(besideWeights: folder)
    let precisions = PrecisionNames(
      usual: settings.text(.precision), automatic: { measured.value })
    guard let precisions else {
      throw CompositionError.unknownPrecision(settings.text(.precision))
    }
    guard let storageType = FieldRequest.StorageType(rawValue: settings.text(.fieldDtype)) else {
      throw CompositionError.unknownFieldDtype(settings.text(.fieldDtype))
    }
    let memory = MemoryReserve()
    services = Services(
      Configuration(
        models: models, limits: settings.featurization,
        queue: JobQueue(
          limits: AdmissionQueue.Limits(
            runners: settings.whole(.workers), waiting: settings.whole(.queueLength),
            heldBytes: settings.whole(.workingMemory)), memory: memory),
        queryQueue: JobQueue(
          for: .queries,
          limits: AdmissionQueue.Limits(
            runners: settings.whole(.queryThreads), waiting: settings.whole(.queryQueueLength),
            heldBytes: settings.whole(.workingMemory), age: settings.duration(.queryWait)),
          memory: memory),
        answerQueue: JobQueue(for: .answers, limits: settings.answers, memory: memory),
        queryThreads: queryThreads,
        memory: keeps ? settings.whole(.memoryBytes) : 0,
        disk: keeps ? try Composition.store(settings) : nil,
        precisions: precisions, storageType: storageType,
        observe: { event in
          serviceMetrics.note(event)
          logger?.note(event)
        }))
  }

  /// The store on disk; `nil` where there is to be none.
  private static func store(_ settings: Settings) throws -> DiskStore? {
    let folder = settings.text(.store)
    do throws(StorageError) {
      return folder == "none"
        ? nil
        : try DiskStore(
          at: folder, budget: settings.whole(.diskBytes), namespaces: Services.namespaces)
    } catch {
      throw CompositionError.store(error)
    }
  }

  /// Returns when a thread that computes has come to it: that they turn.
  @Sendable func computes() async {
    _ = try? await services.fields.queue.run { workers.forEach(1) { _, _ in } }
  }

  /// Reads the default model, and says what is to be done when its file is missing.
  func loadDefaultModel() throws { try load(services.models.defaultName) }

  /// The same of another model.
  func load(_ name: String) throws {
    do {
      _ = try services.models.model(named: name)
    } catch .weightsMissing {
      throw CompositionError.weightsMissing(name, folder: settings.text(.weights))
    } catch .weightsRefused(_, let reason) {
      throw CompositionError.weightsRefused(name, reason: reason)
    }
  }

  /// The published models, and those that were imported into a folder of weights.
  static func cards(in folder: String) throws -> [ModelCard] {
    let published = try JSONDecoder().decode(
      [ModelCard].self, from: Data(PackageResources.models_json))
    return CardFolder.cards(in: folder, beside: published, tensors).cards
  }

  /// What the loader of a card's model asks for.
  static let tensors: ExpectedTensors.Source = { card throws(CheckpointError) in
    try card.tensors()
  }

  static func path(of card: ModelCard, in folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(card.file).path
  }

  /// Reads a model's file, after its digest was found to be the card's.
  static func read(
    _ card: ModelCard, from folder: String
  ) throws(FeaturizationError) -> (model: any CPUModel, digest: String) {
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
      let weights = Weights(try Checkpoint(safetensors: file))
      return (try card.model(weights), digest)
    } catch {
      throw .weightsRefused(model: card.name, reason: "\(error)")
    }
  }
}

extension Settings {
  var featurization: FeaturizationLimits {
    FeaturizationLimits(
      decoding: DecodingLimits(
        encodedBytes: whole(.bodyBytes), pixels: whole(.pixels), side: whole(.side),
        pages: whole(.pages)),
      tokens: whole(.tokens), views: whole(.views), maxTflop: decimal(.maxTflop),
      points: whole(.points), jsonBytes: whole(.jsonBytes), guideBytes: whole(.workingMemory))
  }

  /// Limits of the answers that hold memory; small ones never wait for large ones.
  var answers: AdmissionQueue.Limits {
    var limits = AdmissionQueue.Limits(
      runners: whole(.connections), waiting: whole(.queryQueueLength),
      heldBytes: whole(.answerMemory), age: duration(.queryWait))
    limits.passes = .max
    return limits
  }

  package var crossOrigin: CrossOrigin {
    get throws(SettingError) {
      do {
        return try CrossOrigin(text(.corsOrigins))
      } catch {
        switch error {
        case .notAnOrigin(let text): throw .notAnOrigin(text)
        }
      }
    }
  }

  var server: Limits {
    get throws(SettingError) {
      var limits = Limits()
      limits.connections = whole(.connections)
      limits.addressConnections = whole(.addressConnections)
      limits.headTimeout = duration(.headTimeout)
      limits.bodyIdle = duration(.bodyTimeout)
      limits.bodyRate = whole(.bodyRate)
      limits.bodyGrace = duration(.bodyGrace)
      limits.writeStall = duration(.writeTimeout)
      limits.answerRate = whole(.answerRate)
      limits.answerGrace = duration(.answerGrace)
      limits.sendBuffer = whole(.sendBufferBytes)
      limits.readAhead = whole(.readAheadBytes)
      limits.keepAliveIdle = duration(.idleTimeout)
      limits.linger = duration(.lingerTimeout)
      limits.lingerIdle = duration(.lingerIdleTimeout)
      limits.lingerBytes = whole(.lingerBytes)
      switch text(.halfClose) {
      case "cancel": limits.endCancels = true
      case "nothing": limits.endCancels = false
      case let other: throw .unknownHalfClose(other)
      }
      limits.bodyMemory = whole(.bodyMemory)
      limits.drain = duration(.drainTimeout)
      return limits
    }
  }

  var uploads: UploadLimits {
    var limits = UploadLimits()
    limits.parameters = whole(.parameters)
    limits.form.parts = whole(.parts)
    limits.form.partHeader = whole(.partHeaderBytes)
    limits.optionBytes = whole(.optionBytes)
    return limits
  }

  var protocolLimits: ProtocolLimits {
    var limits = ProtocolLimits()
    limits.head = whole(.headBytes)
    limits.target = whole(.targetBytes)
    limits.fields = whole(.fields)
    limits.chunkExtensions = whole(.chunkExtensionBytes)
    limits.chunkFraming = whole(.chunkFramingBytes)
    return limits
  }
}

/// Why the program cannot be put together, in words for the operator.
enum CompositionError: Error, CustomStringConvertible {
  case unknownModel(String, known: [String])
  case weightsMissing(String, folder: String)
  case weightsRefused(String, reason: String)
  case store(StorageError)
  case unknownPrecision(String)
  case unknownFieldDtype(String)
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
    case .store(.inUse(let folder)):
      "The store in \(folder) is another server's. --store names another folder, or none."
    case .store(.notAStore(let folder)):
      "\(folder) holds files that are no store's. --store names an empty folder, or none."
    case .store(.unusable(let error)):
      "The store in \(error.path) cannot be used: \(error.reason). "
        + "--store names another folder, or none."
    case .unknownPrecision(let text):
      "There is no precision \(text); there are float32, bfloat16 and auto"
    case .unknownFieldDtype(let text): "Fields are kept as float32 or float16, not as \(text)"
    case .noMemory(let path): "The system does not give the memory to load \(path)"
    case .wrongDigest(let path, let expected, let found):
      "\(path) has SHA-256 \(found), its card says \(expected)"
    }
  }
}
