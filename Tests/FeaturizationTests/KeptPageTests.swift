import Featurization
import Files
import Testing

@Suite("Pages of what is kept") struct KeptPageTests {
  private let names = (0..<25).map { SHA256.digest(of: [UInt8($0)]) }

  /// All entries, page after page, with the number of pages.
  private func all(limit: Int, most: Int, _ isSeen: (Digest) -> Bool) -> ([Digest], Int) {
    var (found, last, pages): ([Digest], Digest?, Int) = ([], nil, 0)
    repeat {
      let page = KeptPage(of: names, after: last, limit: limit, lookingAt: most) {
        isSeen($0) ? $0 : nil
      }
      #expect(page.entries.count <= limit)
      found += page.entries
      last = page.next
      pages += 1
    } while last != nil
    return (found, pages)
  }

  @Test(arguments: [1, 3, 24, 25, 26], [1, 4, 100])
  func `KeptPage: every entry is on one page, in the order of the names`(limit: Int, most: Int) {
    let sorted = names.sorted { $0.description < $1.description }
    #expect(all(limit: limit, most: most) { _ in true }.0 == sorted)
    let some = sorted.enumerated().filter { $0.offset % 5 == 4 }.map(\.element)
    let (found, pages) = all(limit: limit, most: most) { some.contains($0) }
    #expect(found == some)
    // No page looks at more names than it may.
    #expect(pages >= 25 / most)
  }

  @Test func `KeptPage: of nothing there is one page, and no next`() {
    let page = KeptPage(of: [], after: names[0], limit: 5) { $0 }
    #expect(page.entries.isEmpty && page.next == nil)
  }
}
