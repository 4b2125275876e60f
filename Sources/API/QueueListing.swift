import Scheduling

/// `GET /queue`: the queue's length, and the places and predicted times of the client's own jobs.
///
/// Of other clients only the number of jobs is shown.
struct QueueListing: Encodable {
  struct Job: Encodable {
    /// The identifier of the job's request.
    let request: String
    /// The place in the queue, counted from 1.
    let position: Int
    /// Predicted seconds until the job starts.
    let startsIn: Double
    /// Predicted seconds until the job ends.
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
