import Foundation

/// What a Dockerfile copies and calls, stage by stage.
struct Dockerfile {
  struct Stage {
    var name = ""
    /// Sources of COPY out of the project.
    var copied: [String] = []
    /// Stages from which it copies.
    var from: [String] = []
    /// First words of the commands that RUN, CMD and HEALTHCHECK call.
    var commands: Set<String> = []
  }

  private(set) var stages: [Stage] = []

  init(_ text: String) {
    let joined = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      .joined(separator: "\n").replacing("\\\n", with: " ")
    for line in joined.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard let instruction = words.first else { continue }
      if instruction == "FROM" {
        stages.append(Stage(name: words.count > 3 ? words[3] : ""))
      } else if !stages.isEmpty {
        stages[stages.count - 1].read(instruction, Array(words.dropFirst()), line: String(line))
      }
    }
  }
}

extension Dockerfile.Stage {
  fileprivate mutating func read(_ instruction: String, _ words: [String], line: String) {
    switch instruction {
    case "COPY":
      if let origin = words.first(where: { $0.hasPrefix("--from=") }) {
        from.append(String(origin.dropFirst("--from=".count)))
      } else {
        copied += words.dropLast()
      }
    case "RUN":
      commands.formUnion(Self.commands(in: words.joined(separator: " ")))
    case "HEALTHCHECK":
      guard let command = line.range(of: "CMD ") else { return }
      commands.formUnion(Self.commands(in: String(line[command.upperBound...])))
    case "CMD", "ENTRYPOINT":
      if instruction == "ENTRYPOINT" {
        commands.formUnion(line.matches(of: #/\["([^"]+)"/#).map { String($0.output.1) })
      }
    default:
      break
    }
  }

  /// The first word of each command of a shell line, and of what xargs is given.
  private static func commands(in shell: String) -> Set<String> {
    Set(
      shell.split(separator: #/\s*(?:&&|\|\||\||;)\s*/#).flatMap { command in
        let words = command.split(separator: " ").map(String.init)
        return words.first == "xargs" ? Array(words.prefix(2)) : Array(words.prefix(1))
      })
  }
}
