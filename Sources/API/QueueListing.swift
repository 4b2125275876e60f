import Featurization
import Scheduling

/// `GET /queue`: the queue's length, the places and predicted times of the client's own jobs, and how
/// far the answers to its requests are.
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

  struct Answer: Encodable {
    /// The identifier of the request.
    let request: String
    /// The share of the work that is done; absent while it is not known.
    let progress: Double?
  }

  let waiting: Int
  let running: Int
  let jobs: [Job]
  let answers: [Answer]

  init(
    waiting: Int, running: Int, _ forecast: [AdmissionQueue.Forecast],
    _ answers: [AnswersUnderWay.Entry], of client: String?
  ) {
    self.answers = answers.map { answer in
      Answer(
        request: answer.request, progress: answer.progress.map { ($0 * 1000).rounded() / 1000 })
    }
    self.waiting = waiting
    self.running = running
    jobs = forecast.enumerated().filter { $0.element.owner.client == client }.map { place, job in
      Job(
        request: job.owner.request, position: place + 1, startsIn: job.start, endsIn: job.end)
    }
  }
}
