import ArgumentParser

/// Benchmarks of the numeric modules.
@main
struct EyepieceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eyepiece-bench", abstract: "Times encodings, or what is asked of a field.",
    subcommands: [EncodingTimes.self, FieldTimes.self, EncodeCommand.self, FeaturesCommand.self],
    defaultSubcommand: EncodingTimes.self)
}
