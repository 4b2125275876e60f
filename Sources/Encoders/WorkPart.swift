import Synchronization

/// A part of a piece of work whose steps are not known beforehand, counted in hundredths.
package final class WorkPart: Sendable {
  private static let steps = 100

  private let progress: WorkProgress
  private let done = Atomic<Int>(0)

  /// Adds it to the expected work.
  package init(of progress: WorkProgress) {
    self.progress = progress
    progress.extend(by: WorkPart.steps)
  }

  /// States how far it is, 0…1; it never goes back.
  package func reach(_ share: Double) {
    let wanted = Int(min(max(share, 0), 1) * Double(WorkPart.steps))
    let before = done.max(wanted, ordering: .relaxed).oldValue
    if wanted > before { progress.advance(by: wanted - before) }
  }
}
