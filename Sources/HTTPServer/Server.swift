import Foundation
package import HTTP1
package import Logging
package import Transport

/// Accepts clients and serves them until it is asked to stop.
///
/// It protects the register of connections, on an event loop of its own; connections share others
/// in turn.
package actor Server {
  private nonisolated let network = EventLoop(label: "eyepiece-accept")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    // SAFETY: the server keeps the loop.
    unsafe network.asUnownedSerialExecutor()
  }

  /// For connections, one a processor.
  private let loops: [EventLoop]
  private var nextLoop = 0
  private let limits: Limits
  private let logger: Logger
  private let clock: ServerClock
  private let context: ConnectionContext
  private var listeners: [Listener] = []
  private var tls: TLSContext?
  private var connections: [ObjectIdentifier: ConnectionTask] = [:]
  /// Connections of each address.
  private var hosts: [String: Int] = [:]
  private var shutdown = Shutdown()
  private var isRunning = false
  private var endWaiters: [CheckedContinuation<Void, Never>] = []
  private let executor = HandlerExecutor()
  private let arrivals: AsyncStream<ConnectionTask>
  private let arrive: AsyncStream<ConnectionTask>.Continuation

  /// More would stand idle: computing threads need the processors.
  private static let mostLoops = 4

  package init(
    handler: any Handler, limits: Limits = Limits(),
    protocolLimits: ProtocolLimits = ProtocolLimits(), logger: Logger,
    observer: any ServerObserver = NoObserver(), clock: ServerClock = ServerClock()
  ) {
    self.limits = limits
    self.logger = logger
    self.clock = clock
    loops = (0..<min(Server.mostLoops, ProcessInfo.processInfo.activeProcessorCount)).map {
      EventLoop(label: "eyepiece-net-\($0)")
    }
    context = ConnectionContext(
      handler: handler, limits: limits, protocolLimits: protocolLimits,
      memory: BodyMemory(limit: limits.bodyMemory), observer: observer,
      timers: ConnectionTimers(tick: limits.tick, at: clock.now), clock: clock)
    // Never more than the connections allowed: each is taken up at once.
    (arrivals, arrive) = AsyncStream.makeStream()
  }

  /// Clients connected at this moment, those being refused included.
  package var connectionCount: Int { connections.count }

  /// Bytes of all request bodies held at this moment.
  package var bodyMemoryInUse: Int { context.memory.inUse }

  /// Binds an address, port 0 for any; clients wait there until `run`.
  ///
  /// Returns what was bound.
  package func listen(host: String, port: Int) throws(TransportError) -> SocketAddress {
    try listen(Listener(host: host, port: port, on: network))
  }

  /// Takes a socket that listens already, and that others may go on listening at.
  ///
  /// Returns where it is bound.
  package func listen(at socket: Socket) throws(TransportError) -> SocketAddress {
    try listen(Listener(socket, on: network))
  }

  private func listen(_ listener: Listener) -> SocketAddress {
    listeners.append(listener)
    if isRunning { start(listener) }
    return listener.address
  }

  /// Returns when every event loop has come to it: that it turns.
  package func turn() async {
    for loop in loops {
      await withCheckedContinuation { waiter in loop.perform { waiter.resume() } }
    }
  }

  /// Speaks TLS with everybody who comes from now on.
  ///
  /// Called again, it replaces the certificate; who is connected keeps the one that was shown.
  package func secure(with context: TLSContext) {
    tls = context
  }

  /// Serves until `shutdown` has let the last client go; a cancelled task cuts them all.
  package func run() async {
    guard !isRunning, !shutdown.isWanted else { return }
    isRunning = true
    for listener in listeners { start(listener) }
    let ticker = Ticker(every: limits.tick, on: network) { [weak self] in
      self?.assumeIsolated { $0.tick() }
    }
    await withTaskCancellationHandler {
      // Also what the standard library runs between two arrivals keeps off the cooperative pool.
      await withTaskExecutorPreference(executor) { await serveAll() }
    } onCancel: {
      network.perform { self.assumeIsolated { $0.begin(grace: .zero) } }
    }
    withExtendedLifetime(ticker) {}
    isRunning = false
    for waiter in endWaiters { waiter.resume() }
    endWaiters = []
  }

  /// Stops accepting, closes quiet connections, lets answers in progress finish, and cuts what is
  /// left after `grace`.
  ///
  /// Returns when the last handler has returned.
  package func shutdown(grace: Duration? = nil) async {
    begin(grace: grace ?? limits.drain)
    await withCheckedContinuation { waiter in
      if isRunning {
        endWaiters.append(waiter)
      } else {
        waiter.resume()
      }
    }
  }
}

extension Server {
  private func serveAll() async {
    await withDiscardingTaskGroup { group in
      for await connection in arrivals {
        group.addTask {
          await connection.serve()
          await self.leave(connection)
        }
      }
    }
  }

  private func start(_ listener: Listener) {
    logger.info("Listening", metadata: ["address": "\(listener.address)"])
    listener.start { [weak self] in self?.assumeIsolated { $0.accept() } }
  }

  private func accept() {
    for listener in listeners {
      for socket in listener.accept() { admit(socket) }
    }
  }

  /// Accepts all clients that wait: the kernel has accepted them, and no other process will answer.
  private func acceptTheLast() {
    for listener in listeners where !listener.isShared {
      while true {
        let sockets = listener.accept()
        guard !sockets.isEmpty else { break }
        for socket in sockets { admit(socket) }
      }
    }
  }

  private func admit(_ socket: Socket) {
    let remote = try? socket.remoteAddress
    guard refusal(of: remote?.host, beyond: limits.refusals) == nil else {
      logger.debug(
        "Connection dropped", metadata: ["connections": .stringConvertible(connectionCount)])
      return
    }
    // Without memory for a TLS session the caller is let go.
    let connection = try? ConnectionTask(
      socket, from: remote, tls, on: loops[nextLoop], in: context,
      refusal: refusal(of: remote?.host, beyond: 0))
    guard let connection else { return }
    connections[ObjectIdentifier(connection)] = connection
    if let host = connection.remote?.host { hosts[host, default: 0] += 1 }
    nextLoop = (nextLoop + 1) % loops.count
    connection.perform { $0.start() }
    arrive.yield(connection)
  }

  /// Why one more of an address is not served, were the limits higher by `room`.
  private func refusal(of host: String?, beyond room: Int) -> ProtocolViolation? {
    if connectionCount - room >= limits.connections {
      return .tooManyConnections(limit: limits.connections)
    }
    guard let host, limits.addressConnections > 0,
      hosts[host, default: 0] - room >= limits.addressConnections
    else { return nil }
    return .tooManyOfAddress(limit: limits.addressConnections)
  }

  private func leave(_ connection: ConnectionTask) {
    connections[ObjectIdentifier(connection)] = nil
    if let host = connection.remote?.host {
      let left = hosts[host, default: 0] - 1
      hosts[host] = left > 0 ? left : nil
    }
    endIfEmpty()
  }

  /// Looks at what has waited too long; done at every tick while the server runs.
  package func tick() {
    // A listener that ran out of descriptors is given another chance.
    for listener in listeners { listener.isListening = true }
    let now = clock.now
    for connection in context.timers.due(at: now) {
      connections[connection]?.perform { $0.wake() }
    }
    guard shutdown.timerFired(at: now) == .cut else { return }
    cutAll()
  }

  private func begin(grace: Duration) {
    let isFirst = !shutdown.isWanted
    shutdown.begin(grace: grace, at: clock.now)
    if isFirst {
      logger.info(
        "Stopping",
        metadata: ["connections": .stringConvertible(connectionCount), "grace": "\(grace)"])
      acceptTheLast()
      for listener in listeners { listener.close() }
      listeners = []
      for connection in connections.values { connection.perform { $0.drain() } }
    }
    if shutdown.timerFired(at: clock.now) == .cut { cutAll() }
    endIfEmpty()
  }

  private func cutAll() {
    logger.info("Cutting", metadata: ["connections": .stringConvertible(connectionCount)])
    for connection in connections.values { connection.perform { $0.cut() } }
  }

  private func endIfEmpty() {
    if shutdown.isWanted, connections.isEmpty { arrive.finish() }
  }
}
