import API
import HTTPServer

/// Counts connections for the metrics; what is asked on them the service counts itself.
struct ConnectionWatch: ServerObserver {
  let serviceMetrics: ServiceMetrics

  func note(_ event: ConnectionEvent) {
    switch event {
    case .opened: serviceMetrics.noteConnection()
    case .closed(let end): serviceMetrics.noteEnd(end.rawValue)
    }
  }
}
