/// Whose turn it is: the seconds that each client has had, as far as that still matters.
///
/// Deficit round robin with a quantum so small that a turn is one job, on credit: a job is paid for
/// after it, by waiting until the others have had as much. While two clients want work, what they
/// have had differs by one job of each at most; one that comes anew waits for no more than a job of
/// each other client, however many they have waiting.
/// Source: Shreedhar and Varghese 1995; the tags of Goyal et al. 1996, start-time fair queueing.
struct FairShare: Sendable {
  /// Only of clients that have had more than the level.
  private var had: [String?: Double] = [:]
  /// What whoever began last had had before that: others begin there, for nobody is owed anything
  /// for a time in which it wanted nothing.
  private var level = 0.0

  /// The less, the sooner it is a client's turn.
  func standing(_ client: String?) -> Double { had[client] ?? level }

  /// A client takes its turn with a job of so many seconds.
  mutating func take(_ client: String?, _ seconds: Double) {
    level = standing(client)
    had[client] = level + seconds
    had = had.filter { $0.value > level }
  }

  /// Nobody wants anything any more.
  mutating func forget() {
    self = FairShare()
  }
}
