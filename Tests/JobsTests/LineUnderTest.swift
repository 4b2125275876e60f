import Jobs
import Support

/// A line that expectations can change where they ask of it, and its time.
final class LineUnderTest {
  private(set) var line: WaitingLine
  var clock = ManualClock()

  init(_ limits: WaitingLine.Limits) {
    line = WaitingLine(limits: limits)
  }

  func join(_ demand: WaitingLine.Demand) -> WaitingLine.Ticket? { line.join(demand) }
  func startNext() -> WaitingLine.Ticket? { line.startNext(at: clock.now) }
  func leave(_ ticket: WaitingLine.Ticket) -> Bool { line.leave(ticket) }
  func finish(_ ticket: WaitingLine.Ticket) { line.finish(ticket) }
  func release(_ ticket: WaitingLine.Ticket) { line.release(ticket) }
  var forecast: [WaitingLine.Forecast] { line.forecast(at: clock.now) }
  var room: Double { line.predictedRoom(at: clock.now) }

  /// Starts all that may start.
  func start() -> [WaitingLine.Ticket] {
    var started: [WaitingLine.Ticket] = []
    while let ticket = startNext() { started.append(ticket) }
    return started
  }
}
