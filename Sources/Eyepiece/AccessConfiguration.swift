import API
import Files
import Foundation
import Transport

extension Settings {
  /// Who may ask for what; read again when the program is told to.
  ///
  /// `addresses` are where the server listens; certificates that clients must show are a door too.
  func policy(at addresses: [SocketAddress]) throws -> AccessPolicy {
    let tokens = try accessTokens.map { file in
      do throws(TokenError) { return try file.read() } catch {
        throw AccessConfigurationError.tokens(error)
      }
    }
    let reachable = addresses.first { !$0.isLoopback }
    let isGuarded = tokens != nil || self.tlsClients != nil
    if let reachable, !isGuarded, !self.allowAnonymous {
      throw AccessConfigurationError.open(reachable.description)
    }
    return AccessPolicy(
      crossOrigin: try crossOrigin, tokens: tokens,
      quota: .init(work: self.tokenRequests, bytes: self.tokenBytes), streams: self.tokenStreams,
      opensMetrics: reachable == nil || tokens == nil)
  }

  /// The file of tokens, if there is to be one.
  var accessTokens: TokenFile? { self.tokenFile.map { TokenFile($0) } }
}

extension SocketAddress {
  /// Whether only this machine can reach it.
  package var isLoopback: Bool {
    host == "::1" || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.")
  }
}

/// Why access cannot be configured, in words for the operator.
enum AccessConfigurationError: Error, CustomStringConvertible {
  case open(String)
  case noTokenFile
  case tokens(TokenError)

  var description: String {
    switch self {
    case .open(let address):
      "Everybody who can reach \(address) could ask: --token-file names the tokens that are needed "
        + "there (eyepiece token add makes them), --tls-clients whose certificates are, "
        + "--allow-anonymous lets everybody in."
    case .noTokenFile: "--token-file names the file of tokens, which none does"
    case .tokens(let error): error.words
    }
  }
}

extension TokenError {
  /// For the operator.
  fileprivate var words: String {
    switch self {
    case .file(.inUse): "The tokens are being changed by another program"
    case .file(let error): "The tokens in \(error.path) cannot be used: \(error.reason)"
    case .malformed(let reason): "The file of tokens is malformed: \(reason)"
    case .badName(let name):
      "\"\(name)\" is no name: 1 to 64 letters, digits and, after the first, . _ - @"
    case .nameTaken(let name): "There is a token named \(name) already"
    case .noSuchName(let name): "There is no token named \(name)"
    case .badLimit(let name): "A limit of \(name) is less than 1"
    case .tooManyTokens(let limit): "There are \(limit) tokens, which is the limit"
    }
  }
}
