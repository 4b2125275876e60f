import API
import Backlog
import BacklogSQLite
import Foundation
import Jobs
import Logging

extension Composition {
  /// Jobs that outlive the process; `nil` where none are to be kept.
  func jobs(_ logger: Logger) throws -> (service: JobService, backlog: any JobBacklog)? {
    guard let folder = settings.jobsFolder else { return nil }
    guard !folder.contains("://") else { throw JobsError.notAFolder(folder) }
    let path = URL(filePath: folder).appending(path: "jobs.sqlite").path
    let backlog: SQLiteBacklog
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      backlog = try SQLiteBacklog(at: path, policy: settings.backlog)
    } catch let error as BacklogError {
      throw JobsError.unusable(error, path: path)
    } catch {
      throw JobsError.noFolder(folder, reason: error.localizedDescription)
    }
    let found = backlog.recovered
    if !found.isEmpty {
      logger.info(
        "Jobs go on that ran when the server ended",
        metadata: [
          "waiting": .stringConvertible(found.requeued),
          "failed": .stringConvertible(found.failed),
        ])
    }
    let service = JobService(
      backlog, services, batchJobs: settings.batchJobs, describe: Problem.failure)
    return (service, backlog)
  }
}

/// Why jobs cannot be kept, in words for the operator.
enum JobsError: Error, CustomStringConvertible {
  case notAFolder(String)
  case noFolder(String, reason: String)
  case unusable(BacklogError, path: String)

  var description: String {
    switch self {
    case .notAFolder(let text):
      "--jobs names a folder, or none; \(text) is an address."
    case .noFolder(let folder, let reason):
      "The folder of jobs \(folder) cannot be made: \(reason). --jobs names another, or none."
    case .unusable(let error, let path):
      "The file of jobs \(path) \(words(for: error)). --jobs names another folder, or none."
    }
  }

  private func words(for error: BacklogError) -> String {
    switch error {
    case .inUse: "is another server's"
    case .newerSchema(let found, let known):
      "was made by a later release (its version is \(found), this one knows \(known))"
    case .networkFileSystem(_, let kind):
      "is on a file system of the network (\(kind)), on which its locks do not hold"
    case .broken(let reason), .away(let reason): "cannot be used: \(reason)"
    case .noRoom: "has no room on its disk"
    case .keyReused, .ownerFull, .full, .tooManyJobs, .closed: "cannot be used: \(error)"
    }
  }
}
