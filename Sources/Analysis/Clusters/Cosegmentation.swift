/// What clusters of several images tell of what these have in common.
///
/// Source: Amir et al. 2021, "Deep ViT features as dense visual descriptors", §4.1.
package enum Cosegmentation {
  /// The number of clusters at which one more no longer helps: the first from 2 whose inertia is more
  /// than a share of that of one less, else the last.
  ///
  /// `inertia` is asked for 1, 2 and so on, up to `most`. Returns the number, and all inertias asked
  /// for.
  package static func elbow(
    _ share: Double, atMost most: Int, _ inertia: (Int) throws -> Double
  ) rethrows -> (clusters: Int, inertias: [Double]) {
    var inertias = [try inertia(1)]
    while inertias.count < most {
      inertias.append(try inertia(inertias.count + 1))
      if inertias[inertias.count - 1] > share * inertias[inertias.count - 2] { break }
    }
    return (inertias.count, inertias)
  }

  /// Clusters that stand out in so large a share of the images, ascending from 0.
  ///
  /// `saliency` is the mean over each cluster in each image, `nil` where an image has none of it. A
  /// cluster stands out in an image where it is above the threshold.
  package static func salient(
    _ saliency: [[Double?]], above threshold: Double, inShareOfImages share: Double
  ) -> [Int] {
    let least = Int((share * Double(saliency.count)).rounded(.up))
    return (saliency.first ?? []).indices.filter { cluster in
      saliency.count { ($0[cluster] ?? -.infinity) > threshold } >= least
    }
  }

  /// The cosine of each vector with the mean of all; 0 of a vector of length 0.
  package static func likenesses(_ vectors: [[Float]]) -> [Double] {
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let rows = vectors.map { $0.map { Double($0) } }
    let mean = (rows.first ?? []).indices.map { column in
      rows.reduce(0) { $0 + $1[column] } / Double(rows.count)
    }
    return rows.map { row in
      let lengths = (product(row, row) * product(mean, mean)).squareRoot()
      return lengths > 0 ? product(row, mean) / lengths : 0
    }
  }

  /// The mean of all clusters' saliencies that there are, each counted once.
  package static func meanSaliency(_ saliency: [[Double?]]) -> Double {
    let all = saliency.joined().compactMap { $0 }
    return all.isEmpty ? 0 : all.reduce(0, +) / Double(all.count)
  }
}
