/// Everything that an operator can set: one name for the flag, the configuration key and, in
/// capitals after EYEPIECE_, the environment variable.
package enum Setting: String, CaseIterable, Sendable {
  case host
  case port
  case weights
  case model
  case precision
  case fieldDtype = "field-dtype"
  case threads
  case workers
  case queueLength = "queue-length"
  case workingMemory = "working-memory"
  case queryThreads = "query-threads"
  case queryQueueLength = "query-queue-length"
  case queryWait = "query-wait"
  case memoryBytes = "memory-bytes"
  case store
  case diskBytes = "disk-bytes"
  case bodyBytes = "body-bytes"
  case bodyMemory = "body-memory"
  case pixels
  case side
  case pages
  case tokens
  case views
  case maxTflop = "max-tflop"
  case points
  case jsonBytes = "json-bytes"
  case connections
  case addressConnections = "address-connections"
  case parameters
  case parts
  case partHeaderBytes = "part-header-bytes"
  case optionBytes = "option-bytes"
  case headBytes = "head-bytes"
  case targetBytes = "target-bytes"
  case fields
  case chunkExtensionBytes = "chunk-extension-bytes"
  case chunkFramingBytes = "chunk-framing-bytes"
  case headTimeout = "head-timeout"
  case bodyTimeout = "body-timeout"
  case bodyRate = "body-rate"
  case bodyGrace = "body-grace"
  case writeTimeout = "write-timeout"
  case answerMemory = "answer-memory"
  case answerRate = "answer-rate"
  case answerGrace = "answer-grace"
  case sendBufferBytes = "send-buffer-bytes"
  case readAheadBytes = "read-ahead-bytes"
  case idleTimeout = "idle-timeout"
  case lingerTimeout = "linger-timeout"
  case lingerIdleTimeout = "linger-idle-timeout"
  case lingerBytes = "linger-bytes"
  case halfClose = "half-close"
  case drainTimeout = "drain-timeout"
  case tlsCertificate = "tls-certificate"
  case tlsKey = "tls-key"
  case tlsClients = "tls-clients"
  case tokenFile = "token-file"
  case tokenRequests = "token-requests"
  case tokenBytes = "token-bytes"
  case allowAnonymous = "allow-anonymous"
  case corsOrigins = "cors-origins"
  case logLevel = "log-level"
  case logFormat = "log-format"

  package enum Kind: Sendable {
    case text(String)
    /// On or off, and off by default.
    case flag
    case whole(Int, in: ClosedRange<Int>)
    case decimal(Double, in: ClosedRange<Double>)
  }

  /// The default, and what else may stand in its place.
  package var kind: Kind {
    switch self {
    case .host: .text("127.0.0.1")
    case .port: .whole(8471, in: 0...65535)
    case .weights: .text("Weights")
    case .model: .text("dinov2_vits14")
    case .precision: .text("float32")
    case .fieldDtype: .text("float32")
    case .threads: .whole(0, in: 0...256)
    case .workers: .whole(2, in: 1...64)
    case .queueLength: .whole(64, in: 1...10_000)
    case .workingMemory: .whole(4 << 30, in: 1 << 20...1 << 44)
    case .queryThreads: .whole(8, in: 1...256)
    case .queryQueueLength: .whole(1024, in: 1...1_000_000)
    case .queryWait: .decimal(30, in: 0.01...86_400)
    case .memoryBytes: .whole(1 << 30, in: 0...1 << 44)
    case .store: .text("Store")
    case .diskBytes: .whole(20 << 30, in: 0...1 << 50)
    case .bodyBytes: .whole(256 << 20, in: 1...1 << 40)
    case .bodyMemory: .whole(1 << 30, in: 1...1 << 44)
    case .pixels: .whole(100_000_000, in: 1...1 << 40)
    case .side: .whole(65_535, in: 1...1 << 24)
    case .pages: .whole(10_000, in: 1...1_000_000)
    case .tokens: .whole(70_000, in: 1...1 << 24)
    case .views: .whole(256, in: 1...65_536)
    case .maxTflop: .decimal(400, in: 0.001...1e9)
    case .points: .whole(1_000_000, in: 1...1 << 30)
    case .jsonBytes: .whole(16 << 20, in: 1...1 << 30)
    case .connections: .whole(4096, in: 1...1_000_000)
    case .addressConnections: .whole(256, in: 0...1_000_000)
    case .parameters: .whole(64, in: 1...10_000)
    case .parts: .whole(64, in: 1...10_000)
    case .partHeaderBytes: .whole(8 << 10, in: 1 << 6...1 << 20)
    case .optionBytes: .whole(1 << 10, in: 1 << 6...1 << 20)
    case .headBytes: .whole(32 << 10, in: 1 << 10...1 << 24)
    case .targetBytes: .whole(8 << 10, in: 1 << 8...1 << 20)
    case .fields: .whole(100, in: 1...10_000)
    case .chunkExtensionBytes: .whole(16 << 10, in: 0...1 << 30)
    case .chunkFramingBytes: .whole(64 << 10, in: 0...1 << 30)
    case .headTimeout: .decimal(10, in: 0.01...86_400)
    case .bodyTimeout: .decimal(30, in: 0.01...86_400)
    case .bodyRate: .whole(1024, in: 0...1 << 40)
    case .bodyGrace: .decimal(10, in: 0...86_400)
    case .writeTimeout: .decimal(30, in: 0.01...86_400)
    case .answerMemory: .whole(1 << 30, in: 1 << 20...1 << 44)
    case .answerRate: .whole(1024, in: 0...1 << 40)
    case .answerGrace: .decimal(30, in: 0...86_400)
    case .sendBufferBytes: .whole(256 << 10, in: 1...1 << 30)
    case .readAheadBytes: .whole(64 << 10, in: 1...1 << 30)
    case .idleTimeout: .decimal(75, in: 0.01...86_400)
    case .lingerTimeout: .decimal(30, in: 0...86_400)
    case .lingerIdleTimeout: .decimal(5, in: 0...86_400)
    case .lingerBytes: .whole(256 << 20, in: 0...1 << 40)
    case .halfClose: .text("cancel")
    case .drainTimeout: .decimal(30, in: 0...86_400)
    case .tlsCertificate, .tlsKey, .tlsClients: .text("")
    case .tokenFile: .text("none")
    case .tokenRequests: .whole(16, in: 1...10_000)
    case .tokenBytes: .whole(1 << 30, in: 1...1 << 44)
    case .allowAnonymous: .flag
    case .corsOrigins: .text("")
    case .logLevel: .text("info")
    case .logFormat: .text("text")
    }
  }

  /// What it means, with its unit.
  package var help: String {
    switch self {
    case .host: "Address to listen on."
    case .port: "TCP port to listen on; 0 lets the system choose."
    case .weights: "Folder of the models' files."
    case .model: "Model of requests that name none."
    case .precision: "Precision of requests that name none: float32, bfloat16 or auto."
    case .fieldDtype: "Numbers that fields are kept as: float32, or float16 in half the memory."
    case .threads: "Threads that compute; 0 for one each processor."
    case .workers: "Requests computed at the same time."
    case .queueLength: "Requests that wait for a worker."
    case .workingMemory: "Bytes held by images being encoded, and as many by answers being made."
    case .queryThreads: "Questions to fields answered at the same time."
    case .queryQueueLength: "Questions to fields that wait to be answered."
    case .queryWait: "Seconds that a question to a field waits at most."
    case .memoryBytes: "Bytes of memory for images and fields that were asked for before."
    case .store: "Folder in which images and fields are kept; none keeps them in memory alone."
    case .diskBytes: "Bytes of the store's folder."
    case .bodyBytes: "Bytes of one request's body."
    case .bodyMemory: "Bytes of all bodies being received together."
    case .pixels: "Width times height of an image."
    case .side: "Width, and height, of an image in pixels."
    case .pages: "Pages of a TIFF."
    case .tokens: "Tokens of one view."
    case .views: "Views of one request."
    case .maxTflop: "Predicted work of one request in 10^12 floating-point operations."
    case .points: "Pixels of one sample."
    case .jsonBytes: "Bytes of JSON that name the pixels of a sample."
    case .connections: "Connections open at the same time."
    case .addressConnections: "Connections of one address among them; 0 is no limit."
    case .parameters: "Parameters of a query."
    case .parts: "Parts of a form."
    case .partHeaderBytes: "Bytes of the header of a form's part."
    case .optionBytes: "Bytes of an option's value in a form."
    case .headBytes: "Bytes of a request's head."
    case .targetBytes: "Bytes of a request's target."
    case .fields: "Header fields of a request."
    case .chunkExtensionBytes: "Bytes of extensions and trailers in one chunked body."
    case .chunkFramingBytes:
      "Bytes of chunk framing, 16 a chunk, that a body may cost beyond a quarter of its length."
    case .headTimeout: "Seconds for a request's head to arrive."
    case .bodyTimeout: "Seconds without a byte of a body."
    case .bodyRate: "Bytes a second that a body must bring on average."
    case .bodyGrace: "Seconds before a body must keep that pace."
    case .writeTimeout: "Seconds without a byte of an answer taken."
    case .answerMemory: "Bytes that answers hold while their clients read them."
    case .answerRate:
      "Bytes a second that a client must take of an answer that waits for it; 0 is no limit."
    case .answerGrace: "Seconds that a client may fall behind that pace."
    case .sendBufferBytes: "Bytes of one answer that wait in memory for a slow reader."
    case .readAheadBytes: "Bytes read of further requests while one is answered."
    case .idleTimeout: "Seconds that a connection may rest between requests."
    case .lingerTimeout: "Seconds that a client may send on after its last answer."
    case .lingerIdleTimeout: "Seconds without a byte after a last answer."
    case .lingerBytes: "Bytes that a client may send on after its last answer."
    case .halfClose:
      "What a client that ends its side gives up: cancel, the answer being computed, or nothing."
    case .drainTimeout: "Seconds for work under way when the server is asked to end."
    case .tlsCertificate: "PEM file of the certificate chain to speak TLS with, leaf first."
    case .tlsKey: "PEM file of the certificate's key."
    case .tlsClients: "PEM file of the authorities whose certificates clients must show."
    case .tokenFile: "File of the tokens that are needed; none asks for none."
    case .tokenRequests: "Requests that one token may have under way."
    case .tokenBytes: "Bytes of bodies that one token may have under way."
    case .allowAnonymous: "Ask for no token also on an address that others can reach."
    case .corsOrigins: "Origins whose pages may ask, with commas between them, or * for all."
    case .logFormat: "text, or json for an object a line."
    case .logLevel: "trace, debug, info, notice, warning, error or critical."
    }
  }

  /// The environment variable.
  package var variable: String {
    "EYEPIECE_" + rawValue.uppercased().replacing("-", with: "_")
  }
}
