import HTTP1

/// What all connections of a server share.
struct ConnectionContext: Sendable {
  let handler: any Handler
  let limits: Limits
  let protocolLimits: ProtocolLimits
  let memory: BodyMemory
  let observer: any ServerObserver
  let timers: ConnectionTimers
  let clock: ServerClock
}
