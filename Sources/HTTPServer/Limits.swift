/// What one server grants its clients: every wait, buffer and count that a client can feed.
package struct Limits: Sendable, Hashable {
  /// Connections served at once.
  package var connections = 4096
  /// Connections of one address among them; 0 is no limit.
  package var addressConnections = 256
  /// Connections beyond either, which are kept only while they are told so.
  package var refusals = 64

  /// From the first byte of a request to the end of its head, and from a connection to its first
  /// byte.
  package var headTimeout = Duration.seconds(10)
  /// A silence within a body.
  package var bodyIdle = Duration.seconds(30)
  /// Bytes per second that a body must have arrived with, on average, after `bodyGrace`.
  package var bodyRate = 1024
  package var bodyGrace = Duration.seconds(10)
  /// Between an answer and the next request.
  package var keepAliveIdle = Duration.seconds(75)
  /// While the client acknowledges nothing of an answer.
  package var writeStall = Duration.seconds(30)
  /// Bytes per second that a client must take of an answer whose bytes wait for it, on average over
  /// `answerGrace`; 0 is no limit.
  package var answerRate = 1024
  package var answerGrace = Duration.seconds(30)

  /// Bytes of all bodies that are being received or answered.
  package var bodyMemory = 1 << 30
  /// Bytes of an answer that wait in memory before the one who makes them is suspended.
  package var sendBuffer = 256 << 10
  /// Bytes read ahead while a request is being answered.
  package var readAhead = 64 * 1024

  /// After a last answer: a silence, the whole time, and the bytes read and thrown away, so that
  /// the client reads the answer instead of a reset.
  ///
  /// Source: nginx, `lingering_close`.
  package var lingerIdle = Duration.seconds(5)
  package var linger = Duration.seconds(30)
  package var lingerBytes = 256 << 20

  /// From the wish to stop to the cut.
  package var drain = Duration.seconds(30)
  /// What a client that has connected, but not asked yet, is granted to ask when the server stops.
  package var drainIdle = Duration.seconds(1)
  /// Whether a client that ends its side while its request is answered gives the answer up.
  package var endCancels = true
  /// How often the timers are looked at: every one may be late by this.
  package var tick = Duration.milliseconds(250)

  package init() {}
}
