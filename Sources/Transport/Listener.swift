import Glibc

/// Accepts connections at one address.
///
/// It belongs to one event loop. When the process has no descriptor left, a spare one is closed for
/// a moment to accept and drop a connection: otherwise it would stay in the backlog and wake the
/// loop endlessly.
package final class Listener {
  /// The numeric address, with the port that the system chose for 0.
  package let address: SocketAddress
  /// Whether other processes may listen on the same socket.
  package let isShared: Bool

  private let network: EventLoop
  private var socket: Socket?
  private var watch: Watch?
  private var spare: Socket?

  /// Binds and listens; connections wait in the backlog until `start`.
  package convenience init(
    host: String, port: Int, backlog: Int = 1024, on network: EventLoop
  ) throws(TransportError) {
    try self.init(
      try Socket.listening(host: host, port: port, backlog: backlog), isShared: false, on: network)
  }

  /// Takes a socket that is listening already.
  package init(
    _ socket: Socket, isShared: Bool = true, on network: EventLoop
  ) throws(TransportError) {
    address = try socket.address
    self.isShared = isShared
    self.socket = socket
    self.network = network
    spare = Socket.spare()
  }

  deinit {
    close()
  }

  /// Starts watching; `notify` is called on the loop's thread while connections wait.
  package func start(notify: @escaping @Sendable () -> Void) {
    guard let socket, watch == nil else { return }
    watch = Watch(socket, on: network) { _ in notify() }
    watch?.isReading = true
  }

  /// Whether waiting connections are announced.
  ///
  /// It turns itself off when descriptors and memory are so short that not even dropping
  /// connections works; switch it on again after a while.
  package var isListening: Bool {
    get { watch?.isReading ?? false }
    set { watch?.isReading = newValue }
  }

  /// Accepts waiting connections, at most `limit` of them.
  package func accept(atMost limit: Int = 64) -> [Socket] {
    guard let socket else { return [] }
    var callers: [Socket] = []
    accepting: for _ in 0..<limit {
      do {
        guard let caller = try socket.accept() else { break accepting }
        callers.append(caller)
      } catch .failed(_, errno: EMFILE), .failed(_, errno: ENFILE) {
        guard spare != nil else {
          spare = Socket.spare()
          isListening = false
          break accepting
        }
        spare = nil
        let isDropped = dropCaller(at: socket)
        spare = Socket.spare()
        if !isDropped { break accepting }
      } catch .failed(_, errno: ENOBUFS), .failed(_, errno: ENOMEM) {
        isListening = false
        break accepting
      } catch {
        // The peer disconnected before it was accepted. Source: accept(2), "Error handling".
        continue
      }
    }
    return callers
  }

  /// Stops listening; the system resets further connections.
  package func close() {
    watch?.cancel()
    watch = nil
    socket = nil
    spare = nil
  }

  /// Accepts and drops a connection; false when none waits, which looks like a lack of descriptors.
  ///
  /// Source: accept(2): the number is taken before the backlog is looked at.
  private func dropCaller(at socket: Socket) -> Bool {
    (try? socket.accept()) != nil
  }
}
