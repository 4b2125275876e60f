import ArgumentParser

/// Micrographs in, high-resolution vision-transformer features out.
@main
struct Eyepiece: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "eyepiece",
    abstract: "Turns micrographs into high-resolution vision-transformer features.",
    version: version,
    subcommands: [
      Serve.self, Work.self, StoreCommand.self, Run.self, Submit.self, Train.self, Segment.self,
      Cluster.self, Measure.self,
      Compare.self, Search.self, ProbeCommand.self, Localise.self, ModelsCommand.self,
      TokenCommand.self,
      ConfigCommand.self, Doctor.self, CardProcess.self,
    ])
}
