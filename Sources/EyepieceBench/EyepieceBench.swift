import ArgumentParser

/// Benchmarks of the numeric modules.
@main
struct EyepieceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eyepiece-bench",
    abstract: "Times encodings, what is asked of a field, or steps of a segmentation.",
    subcommands: [
      EncodingTimes.self, FieldTimes.self, SegmentationTimes.self, EncodeCommand.self,
      FeaturesCommand.self,
    ],
    defaultSubcommand: EncodingTimes.self)
}
