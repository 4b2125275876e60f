import ArgumentParser

/// `eyepiece config`: what is set, and what can be.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show the settings in force, or all that there are.",
    subcommands: [Show.self, Describe.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print every setting in force, as a configuration file.")

    @OptionGroup var flags: Flags

    func run() async throws {
      print(try await flags.settings().json)
    }
  }

  struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what every setting means, its default and its values, as Markdown.")

    func run() {
      print(SettingTable.page, terminator: "")
    }
  }
}
