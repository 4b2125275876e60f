import ArgumentParser

/// `eyepiece config`: what is set.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show the settings in force.", subcommands: [Show.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print every setting in force, as a configuration file.")

    @OptionGroup var flags: Flags

    func run() async throws {
      print(try await flags.settings().json)
    }
  }
}
