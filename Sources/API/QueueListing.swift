import Scheduling

/// `GET /queue`: how many wait, and when the asking client's own jobs will start.
///
/// Nothing is told of others but their number.
struct QueueListing: Encodable {
  struct Job: Encodable {
    /// The name of the request that it is for.
    let request: String
    /// Its place in the line, counted from 1.
    let position: Int
    /// Predicted seconds until it starts.
    let startsIn: Double
    /// Predicted seconds until it ends.
    let endsIn: Double
  }

  let waiting: Int
  let running: Int
  let jobs: [Job]

  init(waiting: Int, running: Int, _ forecast: [AdmissionQueue.Forecast], of client: String?) {
    self.waiting = waiting
    self.running = running
    jobs = forecast.enumerated().filter { $0.element.owner.client == client }.map { place, job in
      Job(
        request: job.owner.request, position: place + 1, startsIn: job.start, endsIn: job.end)
    }
  }
}
