import API
import Backlog
import BacklogPostgres
import BacklogSQLite
import Featurization
import Files
import Foundation
import Jobs
import Logging

extension Composition {
  /// Jobs that outlive the process; `nil` where none are to be kept.
  func jobs(_ logger: Logger) throws -> (service: JobService, backlog: any JobBacklog)? {
    switch try settings.jobsPlace {
    case .nowhere: return nil
    case .folder(let folder):
      let backlog = try file(in: folder, logger)
      return (
        JobService(
          backlog, services, batchJobs: settings.batchJobs, describe: Problem.failure), backlog
      )
    case .database(let address):
      let backlog = try database(address)
      let identity = try backlog.identity()
      let service = JobService(
        backlog, services, batchJobs: settings.batchJobs, at: try place(), as: machineName(),
        mark: Composition.mark(of: identity), describe: Problem.failure)
      return (service, backlog)
    }
  }

  /// A backlog that machines share.
  func database(_ address: String) throws -> PostgresBacklog {
    do {
      return try PostgresBacklog(at: address, policy: settings.sharedBacklog)
    } catch {
      throw JobsError.database(error, Secrets.ofAddress(address))
    }
  }

  /// Where jobs are run that are taken here.
  private func place() throws -> JobPlace {
    if services.shared != nil { return JobPlace(sharing: services.arithmetic) }
    guard let id = try services.storeID() else { throw JobsError.noStore }
    return JobPlace(of: id, services.arithmetic)
  }

  /// What a shared store must have to be that of a backlog's servers.
  static func mark(of backlog: String) -> [UInt8] { Array("eyepiece house \(backlog)\n".utf8) }

  private func file(in folder: String, _ logger: Logger) throws -> SQLiteBacklog {
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
    return backlog
  }
}
