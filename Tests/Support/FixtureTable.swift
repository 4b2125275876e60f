/// How far computed values are from the keys of shared fixtures, a printed line for each.
///
/// `swift test … | grep '^fixture'` is the table of all.
package enum FixtureTable {
  /// Prints a key's largest difference and what it may be; returns whether it is not more.
  package static func row(
    _ fixture: String, _ key: String, _ difference: some BinaryFloatingPoint, within bound: Double
  ) -> Bool {
    print("fixture\t\(fixture)\t\(key)\t\(difference)\t\(bound)")
    return Double(difference) <= bound
  }

  /// The same of values that are to be equal: how many are not.
  package static func row<Value: Equatable>(
    _ fixture: String, _ key: String, _ found: [Value], equal expected: [Value]
  ) -> Bool {
    let places = zip(found, expected).count { $0 != $1 } + abs(found.count - expected.count)
    return row(fixture, key, Double(places), within: 0)
  }
}
