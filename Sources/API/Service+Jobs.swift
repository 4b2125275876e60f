import Jobs

/// The endpoints of durable jobs.
extension Service {
  /// Throws a 404 where no jobs are kept.
  var jobsEndpoint: JobsEndpoint {
    get throws(Problem) {
      guard let found = jobsIfKept else { throw Problem.noJobs }
      return found
    }
  }

  var jobsIfKept: JobsEndpoint? {
    jobs.map { jobs in
      JobsEndpoint(jobs: jobs, limits: uploadLimits) {
        [weak self] context throws(Problem) in try self?.holdStream(context)
      }
    }
  }
}
