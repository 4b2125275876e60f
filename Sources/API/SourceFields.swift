import Featurization
import HTTPTypes
import ImageCodecs
import Imaging

extension HTTPFields {
  /// Says what an answer looked at, and what was left out or guessed.
  ///
  /// `Eyepiece-Source` is a dictionary, `Eyepiece-Notice` a list of strings. Source: RFC 9651
  /// §3.1 and §3.2.
  /// The source may be several pages, from its own to the last.
  mutating func describe(_ source: SourceDescription, to lastPage: Int? = nil) {
    self[.source] = source.members(to: lastPage).map { "\($0)=\($1)" }.joined(separator: ", ")
    if !source.notices.isEmpty {
      self[.notice] = source.notices.map(quoted).joined(separator: ", ")
    }
  }

  /// Notes a sentence for the client; `nil` is none.
  mutating func note(_ notice: String?) {
    if let notice { self[.notice] = quoted(notice) }
  }
}

extension SourceDescription {
  /// Whole numbers as such; others as strings, since decimals of a field have three places.
  fileprivate func members(to lastPage: Int?) -> [(String, String)] {
    var members: [(String, String)] = [
      ("format", quoted(format.rawValue)), ("size", quoted("\(size.width)x\(size.height)")),
      ("page", "\(page)"), ("pages", "\(pages)"), ("channels", "\(channels)"),
      ("kind", quoted(kind.rawValue)), ("sample", quoted(stored.number.rawValue)),
      ("bits", "\(stored.bits)"), ("low", quoted("\(levels.low)")),
      ("high", quoted("\(levels.high)")), ("below", "\(outside.below)"),
      ("above", "\(outside.above)"),
    ]
    if let lastPage { members.append(("last-page", "\(lastPage)")) }
    if missing > 0 { members.append(("missing", "\(missing)")) }
    if orientation != .upright { members.append(("orientation", "\(orientation.rawValue)")) }
    if let pixelSize {
      members.append(("pixel-width", quoted("\(pixelSize.width)")))
      members.append(("pixel-height", quoted("\(pixelSize.height)")))
    }
    return members
  }
}

/// A string of a structured field; characters that it cannot hold become `?`.
///
/// Source: RFC 9651 §3.3.3.
private func quoted(_ text: String) -> String {
  let escaped = text.unicodeScalars.map { scalar in
    switch scalar {
    case "\"", "\\": "\\\(scalar)"
    case " "..."~": "\(scalar)"
    default: "?"
    }
  }
  return "\"\(escaped.joined())\""
}
