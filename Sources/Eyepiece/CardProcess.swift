import ArgumentParser
import Foundation
import GPU

/// `eyepiece gpu-worker`: a process of this program that alone speaks to a card's driver, started by
/// the others.
struct CardProcess: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpu-worker", abstract: "Encode on a card for the program that started this.",
    shouldDisplay: false)

  @Flag(help: "Print the cards as JSON, or why there is none, and end.")
  var list = false

  @Option(help: "The UUID of the card.")
  var device = ""

  @Option(help: "Bytes of its memory that are used; 0 for nine tenths of what is free.")
  var gpuMemory = 0

  @Option(help: "The driver's library; empty to look for it.")
  var cudaLibrary = ""

  @Option(help: "Seconds without a job after which it ends; 0 for never.")
  var idle = 0

  func validate() throws {
    guard list || !device.isEmpty else { throw ValidationError("--list or --device is needed") }
  }

  func run() throws {
    let library = cudaLibrary.isEmpty ? nil : cudaLibrary
    guard !list else {
      // A driver may hang while it is asked.
      ServerWatch.begin(on: FileHandle.standardOutput.fileDescriptor)
      FileHandle.standardOutput.write(Data(Discovery(library: library).json))
      return
    }
    // It ends when its server does, which lets work under way finish first.
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    let end = CardWorker.run(library: library, card: device, bytes: gpuMemory, idle: idle)
    // Nothing of the driver runs at the end of a process whose context may be broken.
    _exit(end.rawValue)
  }

  /// This program, whatever has become of its file.
  static let program = URL(filePath: "/proc/self/exe")

  /// What cards there are, asked by a process of its own.
  static func discovery(_ settings: Settings, _ choice: CardChoice) -> Discovery {
    Discovery.asked(
      of: program, ["gpu-worker", "--list", "--cuda-library", settings.cudaLibrary],
      environment: choice.environment)
  }

  /// How the process of a card is started.
  static func launch(_ settings: Settings, _ choice: CardChoice, _ card: Card) -> WorkerLaunch {
    let uuid = if case .one(let chosen) = choice { chosen } else { card.uuid }
    return WorkerLaunch(
      program: program,
      arguments: [
        "gpu-worker", "--device", uuid, "--gpu-memory", "\(settings.gpuMemory)",
        "--cuda-library", settings.cudaLibrary, "--idle", "\(settings.gpuIdle)",
      ], environment: CardChoice.environment(of: uuid))
  }
}
