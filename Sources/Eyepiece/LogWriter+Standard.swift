import Foundation
import Logging

extension LogWriter {
  /// The log of a program that runs for long, from here on; `note` is told of lines that were lost.
  static func standard(
    _ format: LogFormat, note: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> LogWriter {
    // Standard output may be a pipe whose reader has closed it.
    signal(SIGPIPE, SIG_IGN)
    let writer = LogWriter { lost in
      note(lost)
      return LogLines.line(
        format, at: Date(), .warning, "Lines of the log were lost",
        ["lines": .stringConvertible(lost)])
    }
    LoggingSystem.bootstrap { _ in LogLines(format, write: writer.write) }
    return writer
  }
}
