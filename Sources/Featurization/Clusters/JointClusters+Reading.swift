import Analysis
import Encoders

/// Why a request for clusters of several fields cannot be read.
package enum ClusteringError: Error, Hashable, Sendable {
  case malformed(reason: String)
  case option(ParameterError)
}

extension JointClusters {
  /// What is asked for beside the options of clusters.
  package enum Member: String, Sendable, CaseIterable {
    case format, elbow, most, salient, parts, partsElbow
  }

  /// Reads what is asked for, members and options, as texts by their names.
  package init(
    _ given: [(name: String, value: String)], of model: String, in models: ModelRegistry
  ) throws(ClusteringError) {
    var (members, options): ([Member: String], [(name: String, value: String)]) = ([:], [])
    for (name, value) in given {
      if let member = Member(rawValue: name) {
        members[member] = value
      } else {
        options.append((name, value))
      }
    }
    guard let format = Format(rawValue: members[.format] ?? Format.png.rawValue) else {
      throw .malformed(reason: "format is png, tiff or json")
    }
    let elbow = try JointClusters.share(.elbow, members)
    if elbow != nil {
      guard !options.contains(where: { $0.name == Parameter.k.rawValue }) else {
        throw .malformed(reason: "elbow and k do not go together")
      }
      options.append((Parameter.k.rawValue, members[.most] ?? "\(JointClusters.usualMost)"))
    } else if members[.most] != nil {
      throw .malformed(reason: "most goes with elbow alone")
    }
    guard let isSalient = members[.salient].map({ Bool($0) }) ?? false else {
      throw .malformed(reason: "salient is true or false")
    }
    self.init(
      options: try JointClusters.options(options, of: model, in: models), format: format,
      elbow: elbow, isSalient: isSalient || members[.parts] != nil || members[.partsElbow] != nil,
      parts: try Parts(members))
    try check(model, in: models)
  }

  fileprivate static func share(
    _ member: Member, _ members: [Member: String]
  ) throws(ClusteringError) -> Double? {
    guard let text = members[member] else { return nil }
    guard let value = Double(text), value > 0, value <= 1 else {
      throw .malformed(reason: "\(member) is above 0 and at most 1")
    }
    return value
  }

  private static func options(
    _ given: [(name: String, value: String)], of model: String, in models: ModelRegistry
  ) throws(ClusteringError) -> ClusterOptions {
    do throws(ParameterError) {
      guard let card = models.card(named: model) else {
        throw .unknownModel(name: model, known: models.cards.map(\.name))
      }
      return try ClusterOptions(GivenOptions(given), card, ofSeveral: true)
    } catch {
      throw .option(error)
    }
  }

  private func check(_ model: String, in models: ModelRegistry) throws(ClusteringError) {
    if elbow != nil, options.merge != .none { throw .option(.conflict(.merge, .k)) }
    guard isSalient, let card = models.card(named: model) else { return }
    do throws(ParameterError) {
      try card.require(.classToken)
    } catch {
      throw .option(error)
    }
  }
}

extension JointClusters {
  /// How many parts there are of what images have in common.
  package struct Parts: Sendable, Hashable, Encodable {
    /// The number, or the most of an elbow.
    let most: Int
    /// The share of the inertia of one part less above which one more does not help.
    let elbow: Double?

    /// One id is the background's while labels are cleaned up.
    private static let bounds = 2...KMeans.mostClusters - 1

    /// `nil` where none are asked for; without a number an elbow is looked for among few.
    fileprivate init?(_ members: [Member: String]) throws(ClusteringError) {
      elbow = try JointClusters.share(.partsElbow, members)
      guard let text = members[.parts] else {
        guard elbow != nil else { return nil }
        most = JointClusters.usualMost
        return
      }
      guard let number = Int(text), Parts.bounds.contains(number) else {
        throw .malformed(
          reason: "parts is a whole number from \(Parts.bounds.lowerBound) to "
            + "\(Parts.bounds.upperBound)")
      }
      most = number
    }
  }
}
