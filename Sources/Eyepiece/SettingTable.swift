import API
import Backlog
import Featurization
import HTTP1
import HTTPServer
import ImageCodecs
import LinearAlgebra
import Logging

/// Every setting, a row each, in the order of the configuration file that is shipped.
///
/// A row is all that a setting needs beside its use: flag, environment variable, key, help, bounds
/// and the pages of documentation follow from it. A default that a type of limits has is taken from
/// there.
package struct SettingTable: Sendable {
  // Where the server listens and what it computes with.
  let host = Setting.text("host", "127.0.0.1", "Address to listen on.")
  let port = Setting.whole(
    "port", 8471, in: 0...65535, "TCP port to listen on; 0 lets the system choose.")
  let weights = Setting.text("weights", "Weights", "Folder of the models' files.")
  let model = Setting.text("model", "dinov2_vits14", "Model of requests that name none.")
  let precision = Setting.choice(
    "precision", "float32", of: (Precision.allCases.map(\.rawValue) + ["auto"]).map { ($0, $0) },
    "Precision of requests that name none.")
  let fieldDtype = Setting.choice(
    "field-dtype", FieldRequest.StorageType.float32,
    "Numbers that fields are kept as; float16 takes half the memory.")

  // Cards that encode.
  let gpu = Setting.text(
    "gpu", "off", "Cards that encode: off, auto for the first and its like, or the UUID of one.")
  let gpuMemory = Setting.whole(
    "gpu-memory", 0, in: 0...1 << 44,
    "Bytes of a card's memory that are used; 0 for nine tenths of what is free.")
  let gpuSilence = Setting.whole(
    "gpu-silence", 5, in: 1...3600,
    "Seconds of silence after which a card's process is ended, beside ten times those expected.")
  let gpuIdle = Setting.whole(
    "gpu-idle", 600, in: 0...86_400,
    "Seconds without work after which a card's process ends and frees its memory; 0 for never.")
  let cudaLibrary = Setting.text(
    "cuda-library", "", "File of the card's driver; empty to look for it.")

  // Threads, queues and memory.
  let threads = Setting.whole(
    "threads", 0, in: 0...256, "Threads that compute; 0 for one each processor.")
  let workers = Setting.whole("workers", 2, in: 1...64, "Requests computed at the same time.")
  let queueLength = Setting.whole(
    "queue-length", 64, in: 1...10_000, "Requests that wait for a worker.")
  let workingMemory = Setting.whole(
    "working-memory", 4 << 30, in: 1 << 20...1 << 44,
    "Bytes held by images being encoded, and as many by answers being made.")
  let queryThreads = Setting.whole(
    "query-threads", 8, in: 1...256, "Questions to fields answered at the same time.")
  let queryQueueLength = Setting.whole(
    "query-queue-length", 1024, in: 1...1_000_000, "Queries that wait for a thread, or for memory.")
  let queryWait = Setting.seconds(
    "query-wait", .seconds(30), in: 0.01...86_400, "Seconds that a query waits at most.")
  let memoryBytes = Setting.whole(
    "memory-bytes", 1 << 30, in: 0...1 << 44,
    "Bytes of memory for images and fields that were asked for before.")
  let modelBytes = Setting.whole(
    "model-bytes", 4 << 30, in: 0...1 << 44,
    "Bytes of models that stay in memory beside the default one, least recently used first out.")
  let store = Setting.optional(
    "store", "Store", none: "none",
    "Folder in which images and fields are kept; none keeps them in memory alone.")
  let diskBytes = Setting.whole(
    "disk-bytes", 20 << 30, in: 0...1 << 50, "Bytes of the store's folder.")

  // Work that outlives the process.
  let jobs = Setting.text(
    "jobs", "",
    "Folder of the file of jobs; empty for jobs in the store's folder, postgres://… for those of a "
      + "database that machines share, none for no jobs."
  ).hiding(Secrets.ofAddress)
  let shared = Setting.optional(
    "shared", "", none: "",
    "Folder or http address of the store that machines share; empty for none."
  ).hiding(Secrets.ofAddress)
  let sharedToken = Setting.text(
    "shared-token", "", "Token that the shared store asks for."
  ).hiding(Secrets.whole)
  let tokenJobs = Setting.whole(
    "token-jobs", BacklogPolicy().ownerJobs, in: 1...10_000_000,
    "Jobs of one token that wait or run.")
  let totalJobs = Setting.whole(
    "total-jobs", BacklogPolicy().jobs, in: 1...100_000_000, "Jobs that are kept, ended ones too.")
  let batchJobs = Setting.whole(
    "batch-jobs", BacklogPolicy().submissionJobs, in: 1...1_000_000, "Jobs of one batch.")
  let jobsKept = Setting.seconds(
    "jobs-kept", .seconds(BacklogPolicy().kept), in: 1...1e9,
    "Seconds for which a job is kept after its end, with its answer.")

  // What one request may ask for.
  let bodyBytes = Setting.whole(
    "body-bytes", DecodingLimits().encodedBytes, in: 1...1 << 40, "Bytes of one request's body.")
  let bodyMemory = Setting.whole(
    "body-memory", Limits().bodyMemory, in: 1...1 << 44,
    "Bytes of all bodies being received together.")
  let pixels = Setting.whole(
    "pixels", DecodingLimits().pixels, in: 1...1 << 40, "Width times height of an image.")
  let side = Setting.whole(
    "side", DecodingLimits().side, in: 1...1 << 24, "Width, and height, of an image in pixels.")
  let pages = Setting.whole("pages", DecodingLimits().pages, in: 1...1_000_000, "Pages of a TIFF.")
  let tokens = Setting.whole("tokens", Tiling.usualTokens, in: 1...1 << 24, "Tokens of one view.")
  let views = Setting.whole("views", 256, in: 1...65_536, "Views of one request.")
  let maxTflop = Setting.decimal(
    "max-tflop", 400, in: 0.001...1e9,
    "Predicted work of one request in 10^12 floating-point operations.")
  let points = Setting.whole("points", 1_000_000, in: 1...1 << 30, "Pixels of one sample.")
  let jsonBytes = Setting.whole(
    "json-bytes", 16 << 20, in: 1...1 << 30, "Bytes of JSON that name the pixels of a sample.")

  // Connections, and the parts of a request.
  let connections = Setting.whole(
    "connections", Limits().connections, in: 1...1_000_000, "Connections open at the same time.")
  let addressConnections = Setting.whole(
    "address-connections", Limits().addressConnections, in: 0...1_000_000,
    "Connections of one address among them; 0 is no limit.")
  let parameters = Setting.whole(
    "parameters", UploadLimits().parameters, in: 1...10_000, "Parameters of a query.")
  let parts = Setting.whole(
    "parts", UploadLimits().form.parts, in: 1...10_000, "Parts of a form.")
  let partHeaderBytes = Setting.whole(
    "part-header-bytes", UploadLimits().form.partHeader, in: 1 << 6...1 << 20,
    "Bytes of the header of a form's part.")
  let optionBytes = Setting.whole(
    "option-bytes", UploadLimits().optionBytes, in: 1 << 6...1 << 20,
    "Bytes of an option's value in a form.")
  let headBytes = Setting.whole(
    "head-bytes", ProtocolLimits().head, in: 1 << 10...1 << 24, "Bytes of a request's head.")
  let targetBytes = Setting.whole(
    "target-bytes", ProtocolLimits().target, in: 1 << 8...1 << 20, "Bytes of a request's target.")
  let fields = Setting.whole(
    "fields", ProtocolLimits().fields, in: 1...10_000, "Header fields of a request.")
  let chunkExtensionBytes = Setting.whole(
    "chunk-extension-bytes", ProtocolLimits().chunkExtensions, in: 0...1 << 30,
    "Bytes of extensions and trailers in one chunked body.")
  let chunkFramingBytes = Setting.whole(
    "chunk-framing-bytes", ProtocolLimits().chunkFraming, in: 0...1 << 30,
    "Bytes of chunk framing, 16 a chunk, that a body may cost beyond a quarter of its length.")

  // Waits and buffers of a connection.
  let headTimeout = Setting.seconds(
    "head-timeout", Limits().headTimeout, in: 0.01...86_400,
    "Seconds for a request's head to arrive.")
  let bodyTimeout = Setting.seconds(
    "body-timeout", Limits().bodyIdle, in: 0.01...86_400, "Seconds without a byte of a body.")
  let bodyRate = Setting.whole(
    "body-rate", Limits().bodyRate, in: 0...1 << 40,
    "Bytes a second that a body must bring on average.")
  let bodyGrace = Setting.seconds(
    "body-grace", Limits().bodyGrace, in: 0...86_400, "Seconds before a body must keep that pace.")
  let writeTimeout = Setting.seconds(
    "write-timeout", Limits().writeStall, in: 0.01...86_400,
    "Seconds without a byte of an answer taken.")
  let answerMemory = Setting.whole(
    "answer-memory", 1 << 30, in: 1 << 20...1 << 44,
    "Bytes held by answers while their clients read them.")
  let answerRate = Setting.whole(
    "answer-rate", Limits().answerRate, in: 0...1 << 40,
    "Bytes a second that a client must take of an answer on average.")
  let answerGrace = Setting.seconds(
    "answer-grace", Limits().answerGrace, in: 0...86_400,
    "Seconds over which that average is taken.")
  let sendBufferBytes = Setting.whole(
    "send-buffer-bytes", Limits().sendBuffer, in: 1...1 << 30,
    "Bytes of one answer that wait in memory for a slow reader.")
  let readAheadBytes = Setting.whole(
    "read-ahead-bytes", Limits().readAhead, in: 1...1 << 30,
    "Bytes read of further requests while one is answered.")
  let idleTimeout = Setting.seconds(
    "idle-timeout", Limits().keepAliveIdle, in: 0.01...86_400,
    "Seconds that a connection may rest between requests.")
  let lingerTimeout = Setting.seconds(
    "linger-timeout", Limits().linger, in: 0...86_400,
    "Seconds that a client may send on after its last answer.")
  let lingerIdleTimeout = Setting.seconds(
    "linger-idle-timeout", Limits().lingerIdle, in: 0...86_400,
    "Seconds without a byte after a last answer.")
  let lingerBytes = Setting.whole(
    "linger-bytes", Limits().lingerBytes, in: 0...1 << 40,
    "Bytes that a client may send on after its last answer.")
  let halfClose = Setting.choice(
    "half-close", Limits().endCancels, of: [("cancel", true), ("nothing", false)],
    "What a client that ends its side gives up; cancel: the answer being computed.")
  let drainTimeout = Setting.seconds(
    "drain-timeout", Limits().drain, in: 0...86_400,
    "Seconds for work under way when the server is asked to end.")

  // Who may ask.
  let tlsCertificate = Setting.optional(
    "tls-certificate", "", none: "",
    "PEM file of the certificate chain to speak TLS with, leaf first.")
  let tlsKey = Setting.optional("tls-key", "", none: "", "PEM file of the certificate's key.")
  let tlsClients = Setting.optional(
    "tls-clients", "", none: "",
    "PEM file of the authorities whose certificates clients must show.")
  let tokenFile = Setting.optional(
    "token-file", "none", none: "none", "File of the tokens that are needed; none asks for none.")
  let tokenRequests = Setting.whole(
    "token-requests", UsageTracker.Quota().work, in: 1...10_000,
    "Requests that one token may have under way.")
  let tokenBytes = Setting.whole(
    "token-bytes", UsageTracker.Quota().bytes, in: 1...1 << 44,
    "Bytes of bodies that one token may have under way.")
  let tokenStreams = Setting.whole(
    "token-streams", AccessPolicy().streams, in: 1...10_000,
    "Event streams and long waits that one token may have open.")
  let allowAnonymous = Setting.flag(
    "allow-anonymous", "Ask for no token also on an address that others can reach.")
  let corsOrigins = Setting.text(
    "cors-origins", "", "Origins whose pages may ask, with commas between them, or * for all.")

  // The log.
  let logLevel = Setting.choice("log-level", Logger.Level.info, "The least level that is logged.")
  let logFormat = Setting.choice(
    "log-format", LogFormat.text, "How a line of the log is written; json: an object a line.")

  package init() {}
}

extension SettingTable {
  static let typed = SettingTable()

  /// All rows.
  package static let rows: [Setting] = Mirror(reflecting: typed).children.compactMap {
    ($0.value as? any SettingRow)?.setting
  }
}

/// What all rows of the table have, whatever their type.
private protocol SettingRow {
  var setting: Setting { get }
}

extension TypedSetting: SettingRow {}
