import Scheduling
import Support

/// A queue for use in expectations, with its time.
final class QueueUnderTest {
  private(set) var line: AdmissionQueue
  var clock = ManualClock()

  init(_ limits: AdmissionQueue.Limits) {
    line = AdmissionQueue(limits: limits)
  }

  func join(_ demand: AdmissionQueue.Demand) -> AdmissionQueue.Ticket? {
    line.join(demand, at: clock.now)
  }
  func startAtOnce(_ demand: AdmissionQueue.Demand) -> AdmissionQueue.Ticket? {
    line.startAtOnce(demand, at: clock.now)
  }
  func startNext() -> AdmissionQueue.Ticket? { line.startNext(at: clock.now) }
  func leave(_ ticket: AdmissionQueue.Ticket) -> Bool { line.leave(ticket) }
  func finish(_ ticket: AdmissionQueue.Ticket) { line.finish(ticket) }
  func shrink(_ ticket: AdmissionQueue.Ticket, to bytes: Int) { line.shrink(ticket, to: bytes) }
  func release(_ ticket: AdmissionQueue.Ticket) { line.release(ticket) }
  var forecast: [AdmissionQueue.Forecast] { line.forecast(at: clock.now) }
  var room: Double { line.predictedRoom(at: clock.now) }

  /// Starts all jobs that may start.
  func start() -> [AdmissionQueue.Ticket] {
    var started: [AdmissionQueue.Ticket] = []
    while let ticket = startNext() { started.append(ticket) }
    return started
  }
}
