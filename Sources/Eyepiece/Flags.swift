package import ArgumentParser

/// Every setting as a flag.
package struct Flags: ParsableArguments {
  @OptionGroup package var server: ServerFlags
  @OptionGroup var requests: RequestFlags

  package init() {}

  /// Those that were given.
  package var given: [Setting: String] { server.given.merging(requests.given) { $1 } }

  /// The settings in force with these flags.
  func settings() async throws -> Settings {
    try await Settings(flags: given, file: server.config)
  }
}

/// Settings of whose names a request has options too.
struct RequestFlags: ParsableArguments {
  @Option(help: .of(.model)) var model: String?
  @Option(help: .of(.precision)) var precision: String?
  @Option(help: .of(.points)) var points: String?

  var given: [Setting: String] {
    let all: [Setting: String?] = [.model: model, .precision: precision, .points: points]
    return all.compactMapValues { $0 }
  }
}

/// Every other setting.
package struct ServerFlags: ParsableArguments {
  @Option(help: "A JSON file of settings.") package var config: String?

  @Option(help: .of(.host)) var host: String?
  @Option(help: .of(.port)) var port: String?
  @Option(help: .of(.weights)) var weights: String?
  @Option(help: .of(.fieldDtype)) var fieldDtype: String?
  @Option(help: .of(.threads)) var threads: String?
  @Option(help: .of(.workers)) var workers: String?
  @Option(help: .of(.queueLength)) var queueLength: String?
  @Option(help: .of(.workingMemory)) var workingMemory: String?
  @Option(help: .of(.queryThreads)) var queryThreads: String?
  @Option(help: .of(.queryQueueLength)) var queryQueueLength: String?
  @Option(help: .of(.queryWait)) var queryWait: String?
  @Option(help: .of(.memoryBytes)) var memoryBytes: String?
  @Option(help: .of(.store)) var store: String?
  @Option(help: .of(.diskBytes)) var diskBytes: String?
  @Option(help: .of(.bodyBytes)) var bodyBytes: String?
  @Option(help: .of(.bodyMemory)) var bodyMemory: String?
  @Option(help: .of(.pixels)) var pixels: String?
  @Option(help: .of(.side)) var side: String?
  @Option(help: .of(.pages)) var pages: String?
  @Option(help: .of(.tokens)) var tokens: String?
  @Option(help: .of(.views)) var views: String?
  @Option(help: .of(.maxTflop)) var maxTflop: String?
  @Option(help: .of(.jsonBytes)) var jsonBytes: String?
  @Option(help: .of(.connections)) var connections: String?
  @Option(help: .of(.addressConnections)) var addressConnections: String?
  @Option(help: .of(.parameters)) var parameters: String?
  @Option(help: .of(.parts)) var parts: String?
  @Option(help: .of(.partHeaderBytes)) var partHeaderBytes: String?
  @Option(help: .of(.optionBytes)) var optionBytes: String?
  @Option(help: .of(.headBytes)) var headBytes: String?
  @Option(help: .of(.targetBytes)) var targetBytes: String?
  @Option(help: .of(.fields)) var fields: String?
  @Option(help: .of(.chunkExtensionBytes)) var chunkExtensionBytes: String?
  @Option(help: .of(.chunkFramingBytes)) var chunkFramingBytes: String?
  @Option(help: .of(.headTimeout)) var headTimeout: String?
  @Option(help: .of(.bodyTimeout)) var bodyTimeout: String?
  @Option(help: .of(.bodyRate)) var bodyRate: String?
  @Option(help: .of(.bodyGrace)) var bodyGrace: String?
  @Option(help: .of(.writeTimeout)) var writeTimeout: String?
  @Option(help: .of(.answerMemory)) var answerMemory: String?
  @Option(help: .of(.answerRate)) var answerRate: String?
  @Option(help: .of(.answerGrace)) var answerGrace: String?
  @Option(help: .of(.sendBufferBytes)) var sendBufferBytes: String?
  @Option(help: .of(.readAheadBytes)) var readAheadBytes: String?
  @Option(help: .of(.idleTimeout)) var idleTimeout: String?
  @Option(help: .of(.lingerTimeout)) var lingerTimeout: String?
  @Option(help: .of(.lingerIdleTimeout)) var lingerIdleTimeout: String?
  @Option(help: .of(.lingerBytes)) var lingerBytes: String?
  @Option(help: .of(.halfClose)) var halfClose: String?
  @Option(help: .of(.drainTimeout)) var drainTimeout: String?
  @Option(help: .of(.tlsCertificate)) var tlsCertificate: String?
  @Option(help: .of(.tlsKey)) var tlsKey: String?
  @Option(help: .of(.tlsClients)) var tlsClients: String?
  @Option(help: .of(.tokenFile)) var tokenFile: String?
  @Option(help: .of(.tokenRequests)) var tokenRequests: String?
  @Option(help: .of(.tokenBytes)) var tokenBytes: String?
  @Flag(help: .of(.allowAnonymous)) var allowAnonymous = false
  @Option(help: .of(.corsOrigins)) var corsOrigins: String?
  @Option(help: .of(.logLevel)) var logLevel: String?
  @Option(help: .of(.logFormat)) var logFormat: String?

  package init() {}

  /// Those that were given.
  package var given: [Setting: String] {
    let all: [Setting: String?] = [
      .host: host, .port: port, .weights: weights, .fieldDtype: fieldDtype, .threads: threads,
      .workers: workers, .queueLength: queueLength, .workingMemory: workingMemory,
      .queryThreads: queryThreads,
      .memoryBytes: memoryBytes, .store: store, .diskBytes: diskBytes, .bodyBytes: bodyBytes,
      .bodyMemory: bodyMemory, .pixels: pixels, .side: side, .pages: pages, .tokens: tokens,
      .views: views, .maxTflop: maxTflop, .connections: connections,
      .jsonBytes: jsonBytes, .parameters: parameters, .parts: parts,
      .partHeaderBytes: partHeaderBytes, .optionBytes: optionBytes,
      .addressConnections: addressConnections, .chunkExtensionBytes: chunkExtensionBytes,
      .chunkFramingBytes: chunkFramingBytes, .bodyGrace: bodyGrace,
      .sendBufferBytes: sendBufferBytes, .readAheadBytes: readAheadBytes,
      .lingerTimeout: lingerTimeout, .lingerIdleTimeout: lingerIdleTimeout,
      .lingerBytes: lingerBytes, .halfClose: halfClose, .tlsCertificate: tlsCertificate,
      .tlsKey: tlsKey, .tlsClients: tlsClients,
      .headBytes: headBytes, .targetBytes: targetBytes, .fields: fields,
      .headTimeout: headTimeout, .bodyTimeout: bodyTimeout, .bodyRate: bodyRate,
      .writeTimeout: writeTimeout, .idleTimeout: idleTimeout, .drainTimeout: drainTimeout,
      .tokenFile: tokenFile, .tokenRequests: tokenRequests, .tokenBytes: tokenBytes,
      .allowAnonymous: allowAnonymous ? "true" : nil, .corsOrigins: corsOrigins,
      .logLevel: logLevel, .logFormat: logFormat, .answerMemory: answerMemory,
      .answerRate: answerRate, .answerGrace: answerGrace, .queryQueueLength: queryQueueLength,
      .queryWait: queryWait,
    ]
    return all.compactMapValues { $0 }
  }

  /// The settings in force with these flags.
  func settings() async throws -> Settings {
    try await Settings(flags: given, file: config)
  }
}

extension ArgumentHelp {
  /// A setting's meaning, default and environment variable.
  fileprivate static func of(_ setting: Setting) -> ArgumentHelp {
    ArgumentHelp("\(setting.help) [\(setting.variable)]")
  }
}
