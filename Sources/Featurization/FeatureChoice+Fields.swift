import Encoders
import Segmentation

/// A classifier's layers among those of a field.
extension Provenance {
  /// The layers that it sees, counted from 0; `nil` where they are not said.
  var layers: [Int]? {
    options["layer"].flatMap { FieldOptions.Layers($0) }?.blocks
  }

  /// Whether layers as a request lists them, `8,last`, have all that it sees.
  func isSeen(in list: String) -> Bool {
    guard let layers else { return false }
    let blocks = list.split(separator: ",").compactMap { Int(digits: $0) }
    return Set(layers).isSubset(of: blocks)
  }

  /// The options that differ from a field's, which may have more layers than those that are seen.
  func differences(from record: FieldRecord) -> [OptionDifference] {
    var options = record.comparableOptions
    if let layers, Set(layers).isSubset(of: record.request.encodeOptions.blocks) {
      options["layer"] = self.options["layer"]
    }
    return differences(from: options).map {
      OptionDifference(
        name: $0.name, wanted: $0.classifier ?? "nothing", found: $0.field ?? "nothing")
    }
  }
}

extension Classifier {
  /// The same classifier for the vectors of a field that has all its layers, and perhaps more.
  func spread(over field: FieldRequest) throws(SegmentationError) -> Classifier {
    let blocks = field.encodeOptions.blocks
    guard let layers = provenance.layers else { return self }
    return try spread(over: layers.compactMap { blocks.firstIndex(of: $0) }, of: blocks.count)
  }

  /// What `features=auto` chose and how it was found, in a sentence; `nil` where nothing was chosen.
  package var choiceNotice: String? {
    guard let choice = provenance.choice else { return nil }
    let (chosen, words) = (choice.chosen, choice.chosen.words)
    guard let estimate = chosen.estimate else {
      return "features=auto took \(words), as a class has a single stroke and none can be held out."
    }
    let others = Set(choice.tried.map(\.features)).subtracting([chosen.features]).sorted()
    let best = others.compactMap { name in
      choice.tried.filter { $0.features == name }.compactMap(\.estimate).max().map {
        ", \(name) \(Self.rounded($0))"
      }
    }
    return "features=auto took \(words): mean intersection over union of \(choice.heldOut) "
      + "held out \(Self.rounded(estimate))\(best.joined())."
  }

  private static func rounded(_ value: Double) -> String {
    let thousandths = Int((1000 * value).rounded())
    return "\(thousandths / 1000)." + "\(1000 + thousandths % 1000)".dropFirst()
  }
}

extension Provenance.Choice.Trial {
  fileprivate var words: String {
    let seen = layers.map(String.init).joined(separator: ",")
    return "\(features)\(layers.isEmpty ? "" : " of layer \(seen)") with C = \(c)"
  }
}

extension Provenance.Choice {
  /// A choice among the parts of a field, which are its layers.
  init(_ choice: FeatureChoice, of layers: [Int]) {
    func trial(_ candidate: FeatureChoice.Candidate, _ estimate: Double?) -> Trial {
      Trial(
        features: candidate.features.name, layers: candidate.parts.map { layers[$0] },
        c: candidate.c, estimate: estimate)
    }
    let tried = choice.estimates.map { trial($0.candidate, $0.score) }
    let own = choice.estimates.first { $0.candidate == choice.candidate }
    self.init(
      heldOut: choice.heldOut.rawValue, chosen: trial(choice.candidate, own?.score), tried: tried)
  }
}
