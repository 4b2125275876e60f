/// Fair scheduling among clients: the seconds of service that each has received.
///
/// Deficit round robin with a quantum so small that a turn is one job, on credit: a job is paid for
/// after it, by waiting until the others have had as much. The service of two active clients
/// differs by at most one job of each; a newly active client waits for at most one job of each
/// other client, however many they have waiting. Source: Shreedhar and Varghese 1995; the tags of
/// Goyal et al. 1996, start-time fair queueing.
struct FairShare: Sendable {
  /// Seconds of service, for clients above `level` only.
  private var had: [String?: Double] = [:]
  /// Virtual time, the start tag of the last job.
  ///
  /// A client that becomes active starts here, so that idle time earns no credit.
  private var level = 0.0

  /// The seconds of service of a client; the least is scheduled first.
  func standing(_ client: String?) -> Double { had[client] ?? level }

  /// Charges a client for a job of some seconds.
  mutating func take(_ client: String?, _ seconds: Double) {
    level = standing(client)
    had[client] = level + seconds
    had = had.filter { $0.value > level }
  }

  /// Charges a client for a job that starts before the next one.
  mutating func pass(_ client: String?, _ seconds: Double) {
    had[client] = standing(client) + seconds
  }

  /// Resets all clients, when no job waits or runs.
  mutating func forget() {
    self = FairShare()
  }
}
