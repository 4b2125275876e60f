import Synchronization

/// A time as HTTP writes it, to the second, in years 1 to 9999.
package struct HTTPDate: Sendable, Hashable {
  /// Seconds since 1970-01-01 00:00 UTC; leap seconds do not count.
  package let secondsSince1970: Int

  /// Creates a time; one outside the years 1 to 9999 becomes the nearest one inside.
  package init(secondsSince1970: Int) {
    self.secondsSince1970 = min(max(secondsSince1970, -62_135_596_800), 253_402_300_799)
  }

  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The last time formatted: most answers are of the same second as the one before.
  private static let last = Mutex((seconds: 0, text: HTTPDate(secondsSince1970: 0).written))

  /// The time as `IMF-fixdate`, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
  ///
  /// Source: RFC 9110 §5.6.7.
  package var text: String {
    HTTPDate.last.withLock { last in
      if last.seconds != secondsSince1970 { last = (secondsSince1970, written) }
      return last.text
    }
  }

  private var written: String {
    let second = ((secondsSince1970 % 86_400) + 86_400) % 86_400
    let days = (secondsSince1970 - second) / 86_400
    let (year, month, day) = Self.civilDate(days: days)
    let weekday = Self.weekdays[((days % 7) + 7) % 7]
    var text = Array("\(weekday), dd \(Self.months[month - 1]) yyyy hh:mm:ss GMT".utf8)
    Self.write(day, to: &text[5..<7])
    Self.write(year, to: &text[12..<16])
    Self.write(second / 3_600, to: &text[17..<19])
    Self.write(second / 60 % 60, to: &text[20..<22])
    Self.write(second % 60, to: &text[23..<25])
    return String(decoding: text, as: UTF8.self)
  }

  /// Year, month and day of the Gregorian calendar, from days since 1970-01-01.
  ///
  /// Years are counted from March, so that the leap day comes last; an era is 400 years, 146,097
  /// days. Source: H. Hinnant 2013, chrono-compatible low-level date algorithms.
  private static func civilDate(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  /// Writes the last digits of a number, as many as there is room for.
  private static func write(_ number: Int, to room: inout ArraySlice<UInt8>) {
    var rest = number
    for index in room.indices.reversed() {
      room[index] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
  }
}
