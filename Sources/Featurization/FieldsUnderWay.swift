package import Files

/// The fields that are made for clients who do not wait, and those that could not be made:
/// decisions without a clock or a task.
///
/// A field is made once for all who want it and ends with the last who gives it up.
package struct FieldsUnderWay: Sendable {
  package typealias Instant = ContinuousClock.Instant

  package struct Limits: Sendable, Hashable {
    /// Most fields that are made at the same time.
    package var makings: Int
    /// Most failures that are told, and for how long.
    package var failures = 64
    package var failureLife = Duration.seconds(600)

    package init(makings: Int) { self.makings = makings }
  }

  /// A field with its predicted cost.
  package struct Making: Sendable {
    let record: FieldRecord
    let plan: Plan
    let number: Int
    /// Who wants it, each with what counts against the client's quota until it ends.
    fileprivate(set) var clients: [String?: (any Sendable)?]
  }

  package struct Failure: Sendable {
    let making: Making
    package let error: any Error
    let end: Instant
  }

  package enum Beginning: Sendable, Hashable {
    /// It is to be made, under this number.
    case started(Int)
    /// It was being made already.
    case joined
    case full
  }

  package enum Leaving: Sendable, Hashable {
    /// No request wants it any more: what has this number is to be cancelled.
    case cancel(Int)
    /// Others still want it.
    case withdrawn
    /// Only others want it.
    case refused
    /// Its failure is told no longer.
    case forgotten
    case absent
  }

  package let limits: Limits
  private var makings: [Digest: Making] = [:]
  private var failures: [Digest: Failure] = [:]
  private var lastNumber = 0

  package init(limits: Limits) {
    self.limits = limits
  }

  package var count: Int { makings.count }

  package func making(_ id: Digest) -> Making? { makings[id] }

  package func failure(_ id: Digest, at now: Instant) -> Failure? {
    failures[id].flatMap { now - $0.end < limits.failureLife ? $0 : nil }
  }

  /// Adds a client who wants a field; an earlier failure is forgotten.
  package mutating func begin(
    _ record: FieldRecord, _ plan: Plan, for client: String?, holding charge: (any Sendable)?
  ) -> Beginning {
    let id = record.name
    if makings[id] != nil {
      if makings[id]?.clients[client] == nil { makings[id]?.clients[client] = charge }
      return .joined
    }
    guard makings.count < limits.makings else { return .full }
    failures[id] = nil
    lastNumber += 1
    makings[id] = Making(
      record: record, plan: plan, number: lastNumber, clients: [client: charge])
    return .started(lastNumber)
  }

  /// Ends what has a number; returns whether it had not been given up.
  package mutating func end(_ id: Digest, _ number: Int, _ error: (any Error)?, at now: Instant)
    -> Bool
  {
    guard var making = makings[id], making.number == number else { return false }
    makings[id] = nil
    guard let error else { return true }
    making.clients = making.clients.mapValues { _ in nil }
    failures[id] = Failure(making: making, error: error, end: now)
    failures = failures.filter { now - $0.value.end < limits.failureLife }
    if failures.count > limits.failures,
      let oldest = failures.min(by: { $0.value.end < $1.value.end })
    {
      failures[oldest.key] = nil
    }
    return true
  }

  /// Removes a client who wants a field no longer, or a failure that it was told.
  package mutating func leave(_ id: Digest, _ client: String?, at now: Instant) -> Leaving {
    guard let making = makings[id] else {
      let isForgotten = failure(id, at: now) != nil
      failures[id] = nil
      return isForgotten ? .forgotten : .absent
    }
    guard making.clients[client] != nil else { return .refused }
    makings[id]?.clients.removeValue(forKey: client)
    guard making.clients.count == 1 else { return .withdrawn }
    makings[id] = nil
    return .cancel(making.number)
  }

  /// Forgets a failure, since the field was made after all.
  package mutating func forget(_ id: Digest) { failures[id] = nil }
}
