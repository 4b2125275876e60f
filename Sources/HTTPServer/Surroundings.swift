import HTTP1
import Transport

/// What all connections of a server share.
struct Surroundings: Sendable {
  let network: EventLoop
  let handler: any Handler
  let limits: Limits
  let protocolLimits: ProtocolLimits
  let memory: BodyMemory
  let observer: any ServerObserver
  let alarm: Alarm
}
