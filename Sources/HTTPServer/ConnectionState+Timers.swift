import HTTP1

extension ConnectionState {
  /// Time has passed: what has waited too long is refused, cut or closed.
  package mutating func timerFired(at now: Instant) -> [Action] {
    if let stalledSince, now - stalledSince > limits.writeStall { return close() }
    switch phase {
    case .idle(let since):
      return now - since > idleLimit ? close() : []
    case .head(let since):
      guard now - since > limits.headTimeout else { return [] }
      return violated(.headTooSlow(seconds: limits.headTimeout.inSeconds))
    case .body(let reception):
      return bodyTimer(reception, at: now)
    case .lingering(let since, let lastBytes, _):
      let isOver = now - since > limits.linger || now - lastBytes > limits.lingerIdle
      return isOver ? close() : []
    case .admitting, .answering, .sending, .closed:
      return []
    }
  }

  private var idleLimit: Duration {
    if isLast { return min(limits.drainIdle, limits.headTimeout) }
    return isReused ? limits.keepAliveIdle : limits.headTimeout
  }

  private mutating func bodyTimer(_ reception: Reception, at now: Instant) -> [Action] {
    if now - reception.lastBytes > limits.bodyIdle {
      return violated(.bodyTooSlow(seconds: limits.bodyIdle.inSeconds))
    }
    let elapsed = now - reception.since
    let due = Double(limits.bodyRate) * elapsed.inSeconds
    guard elapsed > limits.bodyGrace, Double(reception.received) < due else { return [] }
    return violated(.bodyTooSlow(seconds: elapsed.inSeconds))
  }
}

extension Duration {
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
