import Featurization
import HTTP1
import HTTPTypes

/// `Cancel-After`: the time after which a job that has not begun is given up.
///
/// Seconds, or a number with its unit: `90`, `90s`, `15m`, `12h`, `7d`. Source: Replicate's header of
/// this name.
struct CancelAfter: Hashable, Sendable {
  /// The longest time, in seconds.
  static let longest = 30 * 86_400

  let seconds: Int

  /// `nil` for a text that is no such time.
  init?(_ text: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Int(digits: unit == nil ? text[...] : text.dropLast()) else { return nil }
    let (seconds, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
    guard !overflows, (1...CancelAfter.longest).contains(seconds) else { return nil }
    self.seconds = seconds
  }
}

extension RequestContext {
  /// Seconds after which what has not begun expires; `nil` where the client names none.
  ///
  /// Throws a 400.
  var cancelAfter: Double? {
    get throws(Problem) {
      guard let text = head.fields[.cancelAfter] else { return nil }
      guard let time = CancelAfter(text) else {
        throw Problem(
          400, "invalid-cancel-after", "Invalid Cancel-After",
          "Cancel-After is a time from 1s to 30d: a whole number with s, m, h or d, or of seconds")
      }
      return Double(time.seconds)
    }
  }
}
