import Backlog
import BacklogLaws
import BacklogSQL
import Foundation

/// Works on a backlog in order to be killed, or kills a copy of itself and looks what is left.
@main struct BacklogTorture {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "work" where arguments.count == 4:
      guard let seed = Int(arguments[3]) else { exit(64) }
      try Laborer(place: Place(text: arguments[1]), sync: arguments[2] == "full").work(seed: seed)
    case "walk" where arguments.count == 4:
      guard let seed = Int(arguments[2]), let steps = Int(arguments[3]) else { exit(64) }
      exit(Laborer.walk(place: Place(text: arguments[1]), seed: seed, steps: steps))
    case "stop" where arguments.count == 4:
      guard let seam = Seam(rawValue: arguments[2]) else { exit(64) }
      try Laborer.stop(place: Place(text: arguments[1]), at: seam, call: arguments[3])
    case "cycles" where arguments.count == 4:
      guard let count = Int(arguments[2]), let seed = Int(arguments[3]) else { exit(64) }
      try Cycles(place: Place(text: arguments[1]), seed: seed).run(count)
    case "check" where arguments.count == 3:
      try Check.afterCut(folder: arguments[1], log: arguments[2])
    case "fill" where arguments.count == 2:
      try Filling(folder: arguments[1]).run()
    case "measure" where arguments.count >= 2:
      try Measurement(places: arguments.dropFirst().map { Place(text: $0) }).run()
    case "soak" where arguments.count == 4:
      guard let jobs = Int(arguments[2]), let seconds = Int(arguments[3]) else { exit(64) }
      try Soaking(place: Place(text: arguments[1]), jobs: jobs, seconds: seconds).run()
    case "simulate" where arguments.count == 3:
      guard let steps = Int(arguments[1]), let seed = Int(arguments[2]) else { exit(64) }
      var simulation = try Simulation(Simulation.Plan(seed: seed, steps: steps), of: .memory)
      Laborer.tell("\(steps) steps of seed \(seed): \(try simulation.run())")
    default: exit(64)
    }
  }
}
