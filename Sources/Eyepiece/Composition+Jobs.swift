import API
import Backlog
import Jobs

extension Composition {
  /// Jobs that outlive the process; `nil` where none are to be kept.
  func jobs() throws -> (service: JobService, backlog: any JobBacklog)? {
    guard settings.jobsFolder != nil else { return nil }
    let backlog = MemoryBacklog(policy: settings.backlog)
    let service = JobService(
      backlog, services, batchJobs: settings.batchJobs, describe: Problem.failure)
    return (service, backlog)
  }
}
