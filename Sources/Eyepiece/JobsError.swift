import Backlog

/// Why jobs cannot be kept, in words for the operator.
enum JobsError: Error, CustomStringConvertible {
  case notAFolder(String)
  case noFolder(String, reason: String)
  case unusable(BacklogError, path: String)
  /// `address` is without its password.
  case database(BacklogError, _ address: String)
  /// A database of jobs, and no store for what they need.
  case noStore
  /// A worker without a database of jobs.
  case noDatabase
  /// A worker without a store that it shares.
  case notShared

  var description: String {
    switch self {
    case .notAFolder(let text):
      "--jobs names a folder, postgres://…, or none; \(text) is another address."
    case .noFolder(let folder, let reason):
      "The folder of jobs \(folder) cannot be made: \(reason). --jobs names another, or none."
    case .unusable(let error, let path):
      "The file of jobs \(path) \(words(for: error)). --jobs names another folder, or none."
    case .database(let error, let address):
      "The database of jobs \(address) \(words(for: error))."
    case .noStore:
      "Jobs in a database need a store for their images: --store names its folder."
    case .noDatabase:
      "A worker needs the database that its jobs are in: --jobs postgres://user@host/name."
    case .notShared:
      "A worker needs the store that it shares with the servers: --shared names a folder that all "
        + "machines see, or the address of an eyepiece store."
    }
  }

  private func words(for error: BacklogError) -> String {
    switch error {
    case .inUse: "is another server's"
    case .newerSchema(let found, let known):
      "was made by a later release (its version is \(found), this one knows \(known))"
    case .networkFileSystem(_, let kind):
      "is on a file system of the network (\(kind)), on which its locks do not hold: machines "
        + "share jobs in a database, --jobs postgres://…"
    case .away(let reason): "does not answer: \(reason)"
    case .broken(let reason): "cannot be used: \(reason)"
    case .noRoom: "has no room on its disk"
    case .keyReused, .ownerFull, .full, .tooManyJobs, .closed: "cannot be used: \(error)"
    }
  }
}
