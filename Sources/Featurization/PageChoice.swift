import Imaging

/// Several pages of an image that are asked for together.
///
/// Written `all`, or `first-last` counted from 0, both included; one page alone is no choice.
package enum PageChoice: Sendable, Hashable {
  case all
  case range(ClosedRange<Int>)

  /// The first page.
  package var first: Int {
    switch self {
    case .all: 0
    case .range(let pages): pages.lowerBound
    }
  }

  /// The pages of an image that has so many; some may not exist.
  func pages(of count: Int) -> ClosedRange<Int> {
    switch self {
    case .all: 0...max(0, count - 1)
    case .range(let pages): pages
    }
  }
}

extension PageChoice: CodableAsText {
  package init?(_ description: String) {
    if description == "all" {
      self = .all
      return
    }
    let parts = description.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = Int(page: parts[0]), let last = Int(page: parts[1]),
      first <= last
    else { return nil }
    self = .range(first...last)
  }

  package var description: String {
    switch self {
    case .all: "all"
    case .range(let pages): "\(pages.lowerBound)-\(pages.upperBound)"
    }
  }
}

extension Int {
  /// A page's number of at most 31 bits.
  init?(page text: some StringProtocol) {
    guard let number = Int(digits: text), number <= Int(Int32.max) else { return nil }
    self = number
  }
}
