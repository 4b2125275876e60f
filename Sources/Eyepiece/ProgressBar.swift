import Encoders
import Foundation
import Synchronization

/// A line on the terminal that shows how far one image has come; nothing where there is none.
final class ProgressBar: Sendable {
  private static let width = 32

  private let label: String
  private let progress: WorkProgress
  private let isOver = Atomic<Bool>(false)

  init(label: String, progress: WorkProgress) {
    self.label = label
    self.progress = progress
  }

  /// Draws until `end`, ten times a second.
  func draw() async {
    guard isatty(STDERR_FILENO) == 1 else { return }
    while !isOver.load(ordering: .acquiring) {
      let (done, total) = progress.blocks
      if total > 0 { show(Double(done) / Double(total)) }
      try? await Task.sleep(for: .milliseconds(100))
    }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }

  func end() {
    isOver.store(true, ordering: .releasing)
  }

  private func show(_ share: Double) {
    let full = Int(share * Double(ProgressBar.width))
    let bar =
      String(repeating: "█", count: full)
      + String(repeating: "░", count: ProgressBar.width - full)
    FileHandle.standardError.write(
      Data("\r\(bar) \(Int(share * 100)) % \(label)\u{1B}[K".utf8))
  }
}

/// Work on one image with a bar that shows how far it has come.
func withProgress<Value>(
  _ label: String, _ work: (WorkProgress) async throws -> Value
) async throws -> Value {
  let progress = WorkProgress()
  let bar = ProgressBar(label: label, progress: progress)
  async let drawing: Void = bar.draw()
  defer { bar.end() }
  let value = try await work(progress)
  bar.end()
  await drawing
  return value
}
