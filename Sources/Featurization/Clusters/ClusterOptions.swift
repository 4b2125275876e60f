import Analysis
import Encoders
import Imaging
import Segmentation

/// How pixels are put into clusters.
package struct ClusterOptions: Sendable, Hashable, Encodable {
  package private(set) var clusters: Int
  package let seed: UInt32
  package let iterations: Int
  /// Whether the mean of each image's vectors is taken from them; of one image whose vectors are
  /// not of length one it makes no difference.
  package let isCentred: Bool
  package let normalise: Vectors.Normalisation
  /// The directions of position that are removed.
  package let debias: Int
  /// Deep or hybrid.
  package let features: SegmentationOutput.Features
  package private(set) var merge: ClusterMerge
  package private(set) var clean: Cleanup

  static let parameters: [Parameter] = [
    .k, .seed, .iterations, .centre, .normalise, .debias, .features, .merge, .clean,
  ]

  package static let mostIterations = 10_000
  package static let usualClusters = 8

  var kMeans: KMeans {
    KMeans(clusters: clusters, seed: UInt64(seed), iterations: iterations)
  }

  func with(clusters: Int) -> ClusterOptions {
    var options = self
    options.clusters = clusters
    return options
  }

  /// The same before clusters are merged and cleaned up.
  var withoutChanges: ClusterOptions {
    var options = self
    (options.merge, options.clean) = (.none, .none)
    return options
  }

  /// Whether the clusters are a linear map's of a field alone, which others can be given.
  var areLinear: Bool {
    normalise == .none && features == .deep && merge == .none
  }
}

extension ClusterOptions {
  /// Reads the options, of one image or of several.
  init(_ given: GivenOptions, _ card: ModelCard, ofSeveral: Bool) throws(ParameterError) {
    clusters = try given.number(
      .k, ClusterOptions.usualClusters, in: 2...KMeans.mostClusters)
    seed = UInt32(try given.number(.seed, 0, in: 0...Int(UInt32.max)))
    iterations = try given.number(
      .iterations, KMeans.usualIterations, in: 1...ClusterOptions.mostIterations)
    normalise = try given.choice(.normalise, .none)
    let isCentred = try given.flag(.centre, false)
    self.isCentred = isCentred && (ofSeveral || normalise == .l2)
    debias = try given.number(.debias, 0, in: 0...PositionBasis.most)
    features = try given.value(.features, .deep) { text in
      let value = SegmentationOutput.Features(rawValue: text)
      return value == .deep || value == .hybrid ? value : nil
    }
    merge = try given.value(.merge, .none) { ClusterMerge($0) }
    clean = try given.value(.clean, .none) { Cleanup($0) }
    if features == .hybrid, normalise == .l2 { throw .conflict(.normalise, .features) }
    // Groups of clusters have no scores.
    if merge != .none, clean.changesScores { throw .conflict(.clean, .merge) }
    if let groups = merge.groups, groups > clusters { throw .conflict(.merge, .k) }
    if merge == .hrdv2 { try card.require(.classToken) }
  }
}

extension ClusterOptions {
  /// HR-Dv2's: of vectors of length one, merged by the class token's attention.
  init(mergedByAttention clusters: Int, isCentred: Bool) {
    (self.clusters, seed, iterations) = (clusters, 0, KMeans.usualIterations)
    (self.isCentred, normalise, debias, features) = (isCentred, .l2, 0, .deep)
    (merge, clean) = (.hrdv2, .none)
  }
}

/// Which clusters become one, after there are `k` of them.
package enum ClusterMerge: Sendable, Hashable {
  case none
  /// By the attention of the class token. Source: HR-Dv2.
  case hrdv2
  case ward(Int)
  case complete(Int)
  case kmeans(Int)

  package static let allowed =
    "none, hrdv2, or ward:n, complete:n or kmeans:n with the number of groups, from 2 to k"

  /// The number of groups that is asked for.
  var groups: Int? {
    switch self {
    case .none, .hrdv2: nil
    case .ward(let groups), .complete(let groups), .kmeans(let groups): groups
    }
  }
}

extension ClusterMerge: CodableAsText {
  package init?(_ description: String) {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Int(digits: parts[1]) : nil
    switch (String(parts[0]), number, parts.count) {
    case ("none", _, 1): self = .none
    case ("hrdv2", _, 1): self = .hrdv2
    case ("ward", let number?, 2) where (2...KMeans.mostClusters).contains(number):
      self = .ward(number)
    case ("complete", let number?, 2) where (2...KMeans.mostClusters).contains(number):
      self = .complete(number)
    case ("kmeans", let number?, 2) where (2...KMeans.mostClusters).contains(number):
      self = .kmeans(number)
    default: return nil
    }
  }

  package var description: String {
    switch self {
    case .none: "none"
    case .hrdv2: "hrdv2"
    case .ward(let groups): "ward:\(groups)"
    case .complete(let groups): "complete:\(groups)"
    case .kmeans(let groups): "kmeans:\(groups)"
    }
  }
}
