/// The owner of a job.
package struct Owner: Sendable, Hashable {
  /// The client whose data the job may see; `nil` for an anonymous one.
  package let client: String?
  /// The address that the request came from; `nil` where it came from no socket.
  package let address: String?
  /// The identifier of the job's request.
  package let request: String

  package static let anonymous = Owner(client: nil, request: "")

  package init(client: String?, address: String? = nil, request: String) {
    self.client = client
    self.address = address
    self.request = request
  }

  /// Whose turn the job takes: the client's, or that of an anonymous client's address.
  package var turn: String? { client ?? address }
}
