import HTTP1

extension ConnectionState {
  /// When `timerFired` will do something if nothing happens before, or just after; `nil` is never.
  package var deadline: Instant? {
    guard let slow = reading.deadline else { return phaseDeadline }
    return phaseDeadline.map { min($0, slow) } ?? slow
  }

  private var phaseDeadline: Instant? {
    switch phase {
    case .idle(let since): since.advanced(by: idleLimit)
    case .head(let since): since.advanced(by: limits.headTimeout)
    case .body(let reception): deadline(of: reception)
    case .lingering(let since, let lastBytes, _):
      min(since.advanced(by: limits.linger), lastBytes.advanced(by: limits.lingerIdle))
    case .admitting, .answering, .sending, .closed: nil
    }
  }

  private func deadline(of reception: Reception) -> Instant {
    let silence = reception.lastBytes.advanced(by: limits.bodyIdle)
    guard limits.bodyRate > 0 else { return silence }
    // When what has come will have lasted.
    let lasting = Duration.seconds(Double(reception.received) / Double(limits.bodyRate))
    return min(silence, reception.since.advanced(by: max(limits.bodyGrace, lasting)))
  }

  /// Time has passed: what has waited too long is refused, cut or closed.
  package mutating func timerFired(at now: Instant) -> [Action] {
    if let ending = reading.verdict(at: now) { return close(ending) }
    switch phase {
    case .idle(let since):
      return now - since > idleLimit ? close(isLast ? .drained : .idle) : []
    case .head(let since):
      guard now - since > limits.headTimeout else { return [] }
      return violated(.headTooSlow(seconds: limits.headTimeout.inSeconds))
    case .body(let reception):
      return bodyTimer(reception, at: now)
    case .lingering(let since, let lastBytes, _):
      if now - since > limits.linger { return close(.lingered) }
      return now - lastBytes > limits.lingerIdle ? close(.finished) : []
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
    return violated(.bodyBelowRate(limit: limits.bodyRate))
  }
}

extension Duration {
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }

  /// Rounded towards zero, at most what a word holds.
  var inNanoseconds: Int {
    let (seconds, attoseconds) = components
    let (whole, overflows) = Int(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflows else { return seconds < 0 ? .min : .max }
    let (sum, isBeyond) = whole.addingReportingOverflow(Int(attoseconds / 1_000_000_000))
    return isBeyond ? (seconds < 0 ? .min : .max) : sum
  }
}
