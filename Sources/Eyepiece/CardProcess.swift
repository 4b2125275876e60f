import ArgumentParser
import Foundation
import GPU

/// `eyepiece gpu-worker`: a process of this program that alone speaks to a card's driver, started by
/// the others.
struct CardProcess: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpu-worker", abstract: "Encode on a card for the server that started this.",
    shouldDisplay: false)

  @Flag(help: "Print the cards as JSON, or why there is none, and end.")
  var list = false

  @Option(help: "The driver's library; empty to look for it.")
  var cudaLibrary = ""

  func run() throws {
    guard list else { throw ValidationError("--list is what it can do") }
    let found = Discovery(library: cudaLibrary.isEmpty ? nil : cudaLibrary)
    FileHandle.standardOutput.write(Data(found.json))
  }

  /// This program, whatever has become of its file.
  static let program = URL(filePath: "/proc/self/exe")

  /// What cards there are, asked by a process of its own.
  static func discovery(_ settings: Settings) -> Discovery {
    Discovery.asked(
      of: program, ["gpu-worker", "--list", "--cuda-library", settings.cudaLibrary])
  }
}
