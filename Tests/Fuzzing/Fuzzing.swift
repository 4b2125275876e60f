import CFuzzer
import Foundation
import FuzzTargets

/// LibFuzzer around one of the targets: started by `bin/fuzz`, which names it in the environment.
@main
struct Fuzzing {
  fileprivate static let target = FuzzTarget(
    rawValue: ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "")

  static func main() {
    guard target != nil else {
      print("FUZZ_TARGET is one of: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
      exit(2)
    }
    var count = CommandLine.argc
    // SAFETY: the words live as long as the process.
    var words = unsafe Optional(CommandLine.unsafeArgv)
    exit(unsafe LLVMFuzzerRunDriver(&count, &words, readOneInput))
  }
}

/// Reads bytes that libFuzzer made up; its own main, which is linked in and never called, needs the
/// name.
@_cdecl("LLVMFuzzerTestOneInput")
func readOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  // SAFETY: libFuzzer lends `size` bytes for the call.
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  if let complaint = Fuzzing.target?.complaint(about: bytes) {
    print("ERROR: \(complaint)")
    fflush(nil)
    preconditionFailure(complaint)
  }
  return 0
}
