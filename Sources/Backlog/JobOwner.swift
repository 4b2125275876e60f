/// Whose a job is: a token's name; all anonymous clients are one owner.
package struct JobOwner: Hashable, Sendable {
  package let client: String?

  package static let anonymous = JobOwner(client: nil)

  /// No token has an empty name, which stands for the anonymous.
  package init(client: String?) { self.client = client == "" ? nil : client }

  /// The owner as rows have it.
  package var key: String { client ?? "" }
}

/// Which jobs exist for who asks: what another owns is as absent as what was never there.
package enum JobScope: Hashable, Sendable {
  case owned(JobOwner)
  /// An administrator's, and the program's own.
  case all

  package func contains(_ owner: JobOwner) -> Bool {
    switch self {
    case .owned(let one): one == owner
    case .all: true
    }
  }
}
