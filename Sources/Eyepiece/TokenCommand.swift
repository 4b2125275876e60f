import API
import ArgumentParser
import Files
import Foundation

/// `eyepiece token`: who is let in.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Add, list and remove tokens.",
    discussion: "A server that runs reads them again on SIGHUP.",
    subcommands: [Add.self, List.self, Remove.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a token and print it, this once: only its digest is kept.")

    @Argument(help: "Whose it is; the name stands in logs and metrics.")
    var name: String

    @Option(help: "Requests that it may have under way, in place of token-requests.")
    var work: Int?

    @Option(help: "Bytes that it may have under way, in place of token-bytes.")
    var bytes: Int?

    @Flag(name: .customLong("operator"), help: "It may also delete images that others sent.")
    var isOperator = false

    @OptionGroup var flags: Flags

    func run() async throws {
      let text = try await TokenCommand.change(flags) { list throws(TokenError) in
        try list.add(
          name, created: .now, work: work, bytes: bytes, role: isOperator ? .operator : nil)
      }
      print(text)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print each token's name, day, own limits, start of its digest, and role.")

    @OptionGroup var flags: Flags

    func run() async throws {
      guard let file = try await flags.settings().accessTokens else {
        throw AccessConfigurationError.noTokenFile
      }
      do throws(TokenError) {
        for entry in try file.read().entries {
          let fields = [
            entry.name, entry.created.formatted(.iso8601.year().month().day()),
            entry.work.map { "work \($0)" } ?? "-", entry.bytes.map { "bytes \($0)" } ?? "-",
            String(entry.sha256.description.prefix(12)), entry.role?.rawValue ?? "-",
          ]
          print(fields.joined(separator: "\t"))
        }
      } catch {
        throw AccessConfigurationError.tokens(error)
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a token open nothing.")

    @Argument(help: "Whose it was.")
    var name: String

    @OptionGroup var flags: Flags

    func run() async throws {
      try await TokenCommand.change(flags) { list throws(TokenError) in try list.remove(name) }
    }
  }

  private static func change<Value>(
    _ flags: Flags, _ body: (inout TokenList) throws(TokenError) -> Value
  ) async throws -> Value {
    guard let file = try await flags.settings().accessTokens else {
      throw AccessConfigurationError.noTokenFile
    }
    do throws(TokenError) { return try file.change(body) } catch {
      throw AccessConfigurationError.tokens(error)
    }
  }
}
