import Foundation

/// What a test does unless the environment says otherwise.
package enum Chosen {
  /// A new seed, or `EYEPIECE_SEED`.
  package static var seed: Int { number("EYEPIECE_SEED") ?? Int.random(in: 0..<1 << 30) }

  /// So many steps, or `EYEPIECE_STEPS`.
  package static func steps(_ usual: Int) -> Int { number("EYEPIECE_STEPS") ?? usual }

  /// So many kills, or `EYEPIECE_KILLS`.
  package static func kills(_ usual: Int) -> Int { number("EYEPIECE_KILLS") ?? usual }

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }
}
