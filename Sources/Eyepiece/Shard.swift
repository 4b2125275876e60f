import ArgumentParser
package import Files

/// A part of some images, chosen by their digests, so that other names or another order do not matter.
package struct Shard: ExpressibleByArgument, Sendable, Hashable {
  package static let mostShards = 100_000

  private let index: Int
  private let count: Int

  /// Reads `0/4`, the first of four.
  package init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]),
      (1...Shard.mostShards).contains(count), (0..<count).contains(index)
    else { return nil }
    (self.index, self.count) = (index, count)
  }

  package func contains(_ image: Digest) -> Bool {
    let number = image.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return number % UInt64(count) == UInt64(index)
  }
}
