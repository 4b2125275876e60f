import Imaging
import LinearAlgebra
package import Segmentation

/// What is done to scores and to classes before they are answered; off unless asked for.
///
/// Written as steps with semicolons between them, each at most once: of scores `smooth:σ`,
/// `guided:r,ε`, `solver:s,l`, `fractions:id=f,…` and `crf:preset`, of classes `majority:r`, `area:n` and `holes:n`
/// with one number of pixels for all classes or `id=n,…`. They are done in this order.
package struct Cleanup: Sendable, Hashable {
  package var smoothing: ScoreSmoothing?
  package var guided: GuidedFilter?
  package var solver: BilateralSolver?
  package var fractions: KnownFractions?
  package var field: RandomField?
  package var majority: MajorityFilter?
  /// Pixels below which objects go, and below which holes are filled.
  package var leastAreas: Areas?
  package var holeAreas: Areas?

  package static let none = Cleanup()

  /// The presets of the conditional random field.
  package enum Preset: String, Sendable, Hashable, CaseIterable {
    case gentle, isb, hrdv2
  }

  package struct RandomField: Sendable, Hashable {
    package let preset: Preset
    /// Whether it is pydensecrf's to its rounding, which takes longer.
    package let isCompatible: Bool
  }

  package enum Areas: Sendable, Hashable {
    case ofAll(Int)
    case each([UInt8: Int])
  }

  /// Whether it changes classes alone, so that scores cannot show it.
  package var changesClassesAlone: Bool {
    majority != nil || leastAreas != nil || holeAreas != nil
  }

  /// Whether it needs scores, which labels do not have.
  package var changesScores: Bool {
    smoothing != nil || guided != nil || solver != nil || fractions != nil || field != nil
  }

  /// Largest number of pixels of an object or a hole that may be asked for.
  static let mostPixels = 1_000_000_000
}

// MARK: Text

extension Cleanup: CodableAsText {
  private enum Step: String, CaseIterable {
    case smooth, guided, solver, fractions, crf, majority, area, holes
  }

  package static let allowed =
    "none, or steps with ; between them: smooth:σ, guided:r,ε, solver:pixels,levels, fractions:id=f,id=f, "
    + "crf:\(Preset.allCases.map(\.rawValue).joined(separator: "|")) with ,pydensecrf behind it "
    + "for its exact numbers, majority:r, area:pixels or area:id=pixels,…, holes likewise"

  package init?(_ description: String) {
    self.init()
    if description == "none" { return }
    var seen: Set<Step> = []
    for part in description.split(separator: ";", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let step = Step(rawValue: String(pieces[0])), seen.insert(step).inserted else {
        return nil
      }
      let values =
        pieces.count == 2 ? pieces[1].split(separator: ",", omittingEmptySubsequences: false) : []
      guard pieces.count == 1 || !values.isEmpty, take(step, values) else { return nil }
    }
  }

  /// Takes a step's values; `false` for those that it cannot have.
  private mutating func take(_ step: Step, _ values: [Substring]) -> Bool {
    switch step {
    case .smooth:
      guard values.count == 1, let sigma = Double(values[0]), sigma > 0, sigma <= 64 else {
        return false
      }
      smoothing = ScoreSmoothing(sigma: sigma)
    case .guided:
      guard values.count <= 2, let radius = Cleanup.radius(values, preset: 8),
        let epsilon = values.count == 2 ? Float(values[1]) : 1e-3, epsilon.isFinite, epsilon > 0
      else { return false }
      guided = GuidedFilter(radius: radius, epsilon: epsilon)
    case .solver:
      let numbers = values.compactMap { Double($0) }
      guard values.isEmpty || values.count == 2, numbers.count == values.count,
        zip(numbers, [4.0...256, 1...256]).allSatisfy({ $1.contains($0) })
      else { return false }
      solver =
        numbers.isEmpty ? BilateralSolver() : BilateralSolver(side: numbers[0], levels: numbers[1])
    case .fractions:
      guard let parts = Cleanup.each(values, { Double($0) }),
        let known = try? KnownFractions(parts)
      else { return false }
      fractions = known
    case .crf:
      guard values.count <= 2, values.count < 2 || values[1] == "pydensecrf",
        let preset = values.isEmpty ? .gentle : Preset(rawValue: String(values[0]))
      else { return false }
      field = RandomField(preset: preset, isCompatible: values.count == 2)
    case .majority:
      guard values.count <= 1, let radius = Cleanup.radius(values, preset: 2) else { return false }
      majority = MajorityFilter(radius: radius)
    case .area:
      leastAreas = Areas(values)
      return leastAreas != nil
    case .holes:
      holeAreas = Areas(values)
      return holeAreas != nil
    }
    return true
  }

  private static func radius(_ values: [Substring], preset: Int) -> Int? {
    guard let text = values.first else { return preset }
    return Int(digits: text).flatMap { (1...64).contains($0) ? $0 : nil }
  }

  /// Values by classes, `id=value`, none of them twice.
  fileprivate static func each<Value>(
    _ parts: [Substring], _ value: (Substring) -> Value?
  ) -> [UInt8: Value]? {
    var found: [UInt8: Value] = [:]
    for part in parts {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2, let id = Int(digits: pair[0]), (1...254).contains(id),
        found[UInt8(id)] == nil, let value = value(pair[1])
      else { return nil }
      found[UInt8(id)] = value
    }
    return found.isEmpty ? nil : found
  }

  package var description: String {
    var steps: [String] = []
    if let smoothing { steps.append("smooth:\(smoothing.sigma)") }
    if let guided { steps.append("guided:\(guided.radius),\(guided.epsilon)") }
    if let solver { steps.append("solver:\(solver.side),\(solver.levels)") }
    if let fractions {
      let parts = fractions.fractions.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
      steps.append("fractions:\(parts.joined(separator: ","))")
    }
    if let field {
      steps.append("crf:\(field.preset.rawValue)\(field.isCompatible ? ",pydensecrf" : "")")
    }
    if let majority { steps.append("majority:\(majority.radius)") }
    if let leastAreas { steps.append("area:\(leastAreas)") }
    if let holeAreas { steps.append("holes:\(holeAreas)") }
    return steps.isEmpty ? "none" : steps.joined(separator: ";")
  }
}

extension Cleanup.Areas: CustomStringConvertible {
  fileprivate init?(_ values: [Substring]) {
    func pixels(_ text: Substring) -> Int? {
      Int(digits: text).flatMap { (1...Cleanup.mostPixels).contains($0) ? $0 : nil }
    }
    if values.count == 1, let all = pixels(values[0]) {
      self = .ofAll(all)
    } else if let each = Cleanup.each(values, pixels) {
      self = .each(each)
    } else {
      return nil
    }
  }

  package var description: String {
    switch self {
    case .ofAll(let pixels): "\(pixels)"
    case .each(let pixels):
      pixels.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: ",")
    }
  }

  /// Pixels by each of the classes.
  func pixels(of ids: [UInt8]) -> [UInt8: Int] {
    switch self {
    case .ofAll(let pixels): Dictionary(uniqueKeysWithValues: ids.map { ($0, pixels) })
    case .each(let pixels): pixels
    }
  }
}

// MARK: Work

extension Cleanup {
  /// Bytes for each pixel that its steps hold beside the scores of so many classes.
  func bytesOfPixel(classes: Int) -> Int {
    var bytes = 0
    if smoothing != nil { bytes = max(bytes, 8 * classes) }
    if guided != nil { bytes = max(bytes, 20 + 4 * classes) }
    if let solver { bytes = max(bytes, solver.bytesOfPixel(planes: classes)) }
    // The lattices of three and of five dimensions, with their vertices.
    if let field { bytes = max(bytes, (field.isCompatible ? 160 : 120) + 28 * classes) }
    if leastAreas != nil || holeAreas != nil { bytes = max(bytes, 24) }
    return bytes
  }

  /// The scores after the steps that change them.
  ///
  /// Throws `FeaturizationError.segmentation` where known fractions are of other classes.
  func scores(
    _ scores: Scores, guide: GreyPicture, workers: ThreadPool
  ) throws(FeaturizationError) -> Scores {
    var scores = scores
    if let smoothing { scores = smoothing(scores, workers: workers) }
    if let guided { scores = guided(scores, guide: guide, workers: workers) }
    if let solver { scores = solver(scores, guide: .grey(guide), workers: workers) }
    guard let fractions else { return scores }
    do throws(SegmentationError) {
      return scores.shifted(by: try fractions.constants(for: scores))
    } catch {
      throw .segmentation(error)
    }
  }

  /// The probabilities that scores stand for, after the random field; `nil` without one.
  func refined(_ scores: Scores, guide: GreyPicture, workers: ThreadPool) -> Probabilities? {
    guard let field else { return nil }
    do {
      return try field.model(
        scores.probabilities(workers: workers), guide: .grey(guide), workers: workers)
    } catch {
      preconditionFailure("\(error) of a field that is not stopped")
    }
  }

  /// The likeliest classes after the steps that change scores.
  ///
  /// Throws as `scores`.
  func labels(
    of scores: Scores, guide: GreyPicture, workers: ThreadPool
  ) throws(FeaturizationError) -> LabelImage {
    let scores = try self.scores(scores, guide: guide, workers: workers)
    let refined = refined(scores, guide: guide, workers: workers).map {
      Scores(size: $0.size, ids: $0.ids, planes: $0.planes)
    }
    return (refined ?? scores).labels(workers: workers)
  }

  /// The classes after the steps that change them.
  func labels(_ labels: LabelImage, ids: [UInt8], workers: ThreadPool?) -> LabelImage {
    var labels = labels
    if let majority { labels = majority(labels, workers: workers) }
    guard leastAreas != nil || holeAreas != nil else { return labels }
    return SmallObjects(
      leastAreas: leastAreas?.pixels(of: ids) ?? [:], holeAreas: holeAreas?.pixels(of: ids) ?? [:]
    )(labels)
  }
}

extension Cleanup.RandomField {
  fileprivate var model: DenseCRF {
    let preset: DenseCRF =
      switch preset {
      case .gentle: .gentle
      case .isb: .isb
      case .hrdv2: .hrdv2
      }
    return isCompatible
      ? DenseCRF(kernels: preset.kernels, iterations: preset.iterations, isCompatible: true)
      : preset
  }
}
