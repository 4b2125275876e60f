import API
import HTTPServer

/// Counts connections for the metrics; what is asked on them the service counts itself.
struct ConnectionWatch: ServerObserver {
  let tally: Tally

  func note(_ event: ConnectionEvent) {
    switch event {
    case .opened: tally.noteConnection()
    case .closed(let end): tally.noteEnd(end.rawValue)
    case .requestBegan, .requestEnded, .refused, .cancelled: break
    }
  }
}
