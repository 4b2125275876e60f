/// Where a job can be run, as part of what it asks of a worker.
///
/// Machines that share a database give the same bytes only where their arithmetic is of the same kind,
/// and have the same images only where they share a store. Both stand behind the name of the weights,
/// which a worker must have exactly.
package struct JobPlace: Hashable, Sendable {
  private let suffix: String

  /// A backlog of one server alone.
  package static let here = JobPlace(suffix: "")

  private init(suffix: String) { self.suffix = suffix }

  /// Any machine of a kind of arithmetic that shares the store.
  package init(sharing arithmetic: String) { suffix = "@\(arithmetic)" }

  /// The server whose store has this id.
  package init(of store: String, _ arithmetic: String) { suffix = "@\(arithmetic)@\(store)" }

  /// What a job asks for that needs these weights.
  package func demand(_ weights: String) -> String { weights + suffix }
}
