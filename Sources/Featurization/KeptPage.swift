package import Files

/// A page of what is kept, in the order of the names.
package struct KeptPage<Entry: Sendable>: Sendable {
  package let entries: [Entry]
  /// What the next page comes after; `nil` of the last one.
  package let next: Digest?

  /// Finds the entries of names after one; a name without an entry is left out.
  ///
  /// A page may have fewer than `limit` entries and still have a next one, so that no request looks
  /// at all that others keep.
  package init(
    of names: [Digest], after last: Digest?, limit: Int, lookingAt most: Int = 10_000,
    _ entry: (Digest) -> Entry?
  ) {
    let start = last?.description ?? ""
    let all = names.map { (text: $0.description, name: $0) }.filter { $0.text > start }
      .sorted { $0.text < $1.text }
    var (found, looked): ([Entry], Int) = ([], 0)
    while looked < min(all.count, most), found.count < limit {
      if let one = entry(all[looked].name) { found.append(one) }
      looked += 1
    }
    entries = found
    next = looked < all.count && looked > 0 ? all[looked - 1].name : nil
  }
}
