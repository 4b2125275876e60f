import CFuzzer
import Foundation
import FuzzTargets

/// LibFuzzer around one of the targets: started by `bin/fuzz`, which names it in the environment.
@main
struct Fuzzing {
  private static let target = FuzzTarget(
    rawValue: ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "")

  static func main() {
    guard target != nil else {
      print("FUZZ_TARGET is one of: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
      exit(2)
    }
    var count = CommandLine.argc
    // SAFETY: the words live as long as the process.
    var words = unsafe Optional(CommandLine.unsafeArgv)
    exit(unsafe LLVMFuzzerRunDriver(&count, &words, read))
  }

  /// The name is libFuzzer's own main's, which is linked in and never called.
  @_cdecl("LLVMFuzzerTestOneInput")
  static func read(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: libFuzzer lends `size` bytes for the call.
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    if let complaint = target?.complaint(about: bytes) { preconditionFailure(complaint) }
    return 0
  }
}
