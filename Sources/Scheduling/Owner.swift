/// The owner of a job.
package struct Owner: Sendable, Hashable {
  /// The client that the job is scheduled for; all anonymous clients count as one.
  package let client: String?
  /// The identifier of the job's request.
  package let request: String

  package static let anonymous = Owner(client: nil, request: "")

  package init(client: String?, request: String) {
    self.client = client
    self.request = request
  }
}
