/// Whose a job is.
package struct Owner: Sendable, Hashable {
  /// Whose turn it takes; all who are unknown are one client.
  package let client: String?
  /// The request that it is for.
  package let request: String

  package static let anonymous = Owner(client: nil, request: "")

  package init(client: String?, request: String) {
    self.client = client
    self.request = request
  }
}
