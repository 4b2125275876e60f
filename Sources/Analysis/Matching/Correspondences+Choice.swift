package import LinearAlgebra

/// Some of the pairs, each standing for others that are like it.
package struct PairChoice: Sendable, Hashable {
  /// The pairs that clusters began from.
  package let seeds: [Int]
  /// The cluster of each pair.
  package let clusters: [Int]
  /// The best pair of each cluster, in the order of the clusters.
  package let chosen: [Int]
}

extension Correspondences {
  /// Chooses at most so many pairs: the best of each cluster of the two cells' unit vectors side by
  /// side, by a number for each pair, of equal ones the first.
  ///
  /// Source: `correspondences.py` of dino-vit-features, whose number is the mean of the cells'
  /// attention.
  package static func choice(
    of most: Int, among pairs: [Pair], of a: CellVectors, _ b: CellVectors, by ranks: [Float],
    workers: ThreadPool?, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> PairChoice {
    precondition(ranks.count == pairs.count && most > 0, "\(ranks.count) of \(pairs.count) pairs")
    guard pairs.count > most else {
      let all = Array(pairs.indices)
      return PairChoice(seeds: all, clusters: all, chosen: all)
    }
    let dim = a.vectors.columns
    let joined = MutableMatrix(rows: pairs.count, columns: 2 * dim)
    let (first, second) = (a.unit.vectors, b.unit.vectors)
    gather(pairs.map(\.a), of: first.all, into: joined.all[columns: 0..<dim])
    gather(pairs.map(\.b), of: second.all, into: joined.all[columns: dim..<2 * dim])
    RowKernels.current.normalise(joined.all)
    let rows = WeightedRows(joined.frozen(), workers: workers)
    var generator = CounterGenerator(seed: 0)
    let seeds = rows.seeds(most, from: &generator, workers: workers)
    let found = try rows.lloyd(
      from: seeds.map { rows.rows.row($0).map { Double($0) } }, iterations: 300,
      workers: workers, shouldStop: shouldStop)
    var best = [Int?](repeating: nil, count: seeds.count)
    for (pair, cluster) in found.labels.enumerated()
    where best[cluster].map({ ranks[pair] > ranks[$0] }) ?? true {
      best[cluster] = pair
    }
    return PairChoice(seeds: seeds, clusters: found.labels, chosen: best.compactMap { $0 })
  }
}
