import Analysis
import LinearAlgebra
import Support
import Testing

@Suite("Co-segmentation") struct CosegmentationTests {
  @Test func `Cosegmentation: likeness is the cosine with the mean of all`() {
    let found = Cosegmentation.likenesses([[3, 0], [3, 0], [0, 3], [0, 0]])
    for (value, expected) in zip(
      found, [2 / 5.0.squareRoot(), 2 / 5.0.squareRoot(), 1 / 5.0.squareRoot(), 0])
    {
      #expect(abs(value - expected) < 1e-12)
    }
    #expect(Cosegmentation.likenesses([]).isEmpty)
  }

  @Test func `Cosegmentation: the elbow is the first number that does not help, or the last`() {
    let inertias = [100, 60, 50, 49.5, 20]
    let found = Cosegmentation.elbow(0.975, atMost: 5) { inertias[$0 - 1] }
    #expect(found.clusters == 4 && found.inertias == [100, 60, 50, 49.5])
    #expect(Cosegmentation.elbow(0.975, atMost: 3) { inertias[$0 - 1] }.clusters == 3)
    #expect(Cosegmentation.elbow(1, atMost: 5) { inertias[$0 - 1] }.clusters == 5)
  }

  @Test func `Cosegmentation: a cluster that an image lacks has no vote there`() {
    let saliency: [[Double?]] = [[0.5, 0.1, nil], [0.6, 0.2, 0.9], [0.4, nil, 0.9]]
    #expect(Cosegmentation.salient(saliency, above: 0.3, inShareOfImages: 0.6) == [0, 2])
    #expect(Cosegmentation.salient(saliency, above: 0.3, inShareOfImages: 1) == [0])
    #expect(abs(Cosegmentation.meanSaliency(saliency) - 3.6 / 7) < 1e-12)
    // Half of three images are two.
    let once: [[Double?]] = [[0.5, 0.5], [0.1, 0.5], [0.1, 0.1]]
    #expect(Cosegmentation.salient(once, above: 0.3, inShareOfImages: 0.5) == [1])
  }

  /// Three parts of a micrograph as if they were images.
  @Test(
    .enabled(if: Golden.have("sofc_518.safetensors")),
    .enabled(if: Golden.have("analysis/cosegmentation.safetensors")))
  func `Cosegmentation: elbow, clusters and votes are the reference's`() throws {
    let (tokens, golden) = (
      try Golden.tokens(), try Golden("analysis/cosegmentation.safetensors")
    )
    let order = [0..<12, 12..<25, 25..<37].flatMap { columns in
      (0..<37).flatMap { row in columns.map { row * 37 + $0 } }
    }
    let rows = WeightedRows(gather(order, of: tokens).unitRows)
    var last: WeightedRows.Partition?
    let found = try Cosegmentation.elbow(0.975, atMost: 14) { k in
      var generator = CounterGenerator(seed: 0)
      let seeds = rows.seeds(k, from: &generator)
      if k == 10 {
        #expect(FixtureTable.row("cosegmentation", "kpp", seeds, equal: golden.ints("kpp")))
      }
      let partition = try rows.lloyd(
        from: seeds.map { rows.rows.row($0).map { Double($0) } }, iterations: 300)
      last = partition
      return partition.inertia
    }
    #expect(FixtureTable.row("cosegmentation", "k", [found.clusters], equal: golden.ints("k")))
    let away = zip(found.inertias, golden.doubles("ssd_per_descriptor")).map {
      abs($0 / 1369 / $1 - 1)
    }
    #expect(
      FixtureTable.row("cosegmentation", "ssd_per_descriptor", away.max() ?? 1, within: 1e-5))
    #expect(
      FixtureTable.row(
        "cosegmentation", "labels", last?.labels ?? [], equal: golden.ints("labels")))
    let centroids = zip((last?.centroids ?? []).flatMap { $0 }, golden.doubles("centroids"))
    let ofCentroids = centroids.map { abs($0 - $1) }.max() ?? 1
    #expect(FixtureTable.row("cosegmentation", "centroids", ofCentroids, within: 1e-6))
    let means = golden.doubles("mean_saliency")
    let saliency = try self.saliency(order, last?.labels ?? [])
    let ofMeans = zip(saliency.joined(), means).map { found, mean in
      found.map { abs($0 - mean) } ?? (mean.isFinite ? 1 : 0)
    }
    #expect(
      FixtureTable.row("cosegmentation", "mean_saliency", ofMeans.max() ?? 1, within: 1e-6))
    let votes = (0..<10).map { cluster in
      (1...3).count { images in
        let share = Double(images) / 3
        return Cosegmentation.salient(saliency, above: 0.065, inShareOfImages: share)
          .contains(cluster)
      }
    }
    #expect(
      FixtureTable.row(
        "cosegmentation", "votes", votes.map { Double($0) }, equal: golden.doubles("votes")))
    let salient = Cosegmentation.salient(saliency, above: 0.065, inShareOfImages: 0.75)
    #expect(
      FixtureTable.row("cosegmentation", "salient", salient, equal: golden.ints("salient")))
    let foreground = (last?.labels ?? []).map { salient.contains($0) ? 1 : 0 }
    #expect(
      FixtureTable.row(
        "cosegmentation", "foreground", foreground, equal: golden.ints("foreground")))
  }

  /// The mean of each cluster in each of the three images, of the heads' mean attention from the least
  /// to the greatest of the image.
  private func saliency(_ order: [Int], _ labels: [Int]) throws -> [[Double?]] {
    let heads = try Golden("sofc_518.safetensors").matrix("cls_attention")
    let values = order.map { cell in
      (0..<heads.rows).reduce(0.0) { $0 + Double(heads[$1, cell]) } / Double(heads.rows)
    }
    return [0..<12 * 37, 12 * 37..<25 * 37, 25 * 37..<1369].map { image in
      let (low, high) = (values[image].min() ?? 0, values[image].max() ?? 0)
      return (0..<10).map { cluster in
        let inside = image.filter { labels[$0] == cluster }
        guard !inside.isEmpty else { return nil }
        return inside.reduce(0.0) { $0 + (values[$1] - low) / (high - low) } / Double(inside.count)
      }
    }
  }
}
