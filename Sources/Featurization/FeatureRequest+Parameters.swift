package import Features
import Fields
import Imaging
import Rendering

extension FeatureRequest {
  /// Reads the options of a query, a form or flags: names and values as they were given.
  ///
  /// A preset sets several options; those given beside it win.
  package init(
    _ parameters: [(name: String, value: String)], cards: [ModelCard], defaultModel: String
  ) throws(ParameterError) {
    let given = try Given(parameters)
    let card = try given.card(cards, default: defaultModel)
    output = try given.choice(.output, Output.self, .features)
    field = try FieldRequest(given, card)
    if output == .cls { field.grid = .patch }
    field.forgetWhatMakesNoDifference()
    dtype = try given.choice(.dtype, FloatFormat.self, .float32)
    format = try given.choice(.format, Format.self, output == .pca ? .png : .npy)
    if format == .png, output != .pca, output != .attention {
      throw .conflict(.format, .output)
    }
    if format == .png, given.has(.dtype) { throw .conflict(.dtype, .format) }
  }
}

extension FieldRequest {
  fileprivate init(_ given: Given, _ card: ModelCard) throws(ParameterError) {
    let preset = Preset(try given.choice(.quality, Quality.self, .standard), patch: card.patch)
    model = card.name
    stride = try given.number(.stride, preset.stride, in: 1...card.patch)
    shifts = try given.shifts(preset.shifts)
    neighbourhood = try given.choice(.neighbourhood, Neighbourhood.self, .moore)
    flips = try given.choice(.flips, Flips.self, preset.flips)
    rotations = try given.choice(.rotations, Rotations.self, .none)
    upsampling = try given.choice(.upsample, Upsampling.self, preset.upsampling)
    alignment = try given.choice(.alignment, Alignment.self, preset.alignment)
    fit = try given.choice(.fit, Canvas.Fit.self, preset.fit)
    page = try given.number(.page, 0, in: 0...Int(Int32.max))
    scale = try given.scale()
    grid = try given.choice(.grid, Positions.self, .pixel)
  }

  /// Gives options that make no difference one value, so that equal answers have equal names.
  fileprivate mutating func forgetWhatMakesNoDifference() {
    if grid == .patch {
      (shifts, flips, rotations) = ([], .none, .none)
      (upsampling, alignment) = (.bilinear, .patches)
    }
    if shifts.isEmpty { neighbourhood = .moore }
  }
}

/// What a preset means for a patch size.
///
/// Source: the measurements in the project's design.
private struct Preset {
  let stride: Int
  var shifts: [Int] = []
  var flips = FieldRequest.Flips.both
  var upsampling = Upsampling.bilinear
  var alignment = Alignment.patches
  var fit = Canvas.Fit.pad

  init(_ quality: Quality, patch: Int) {
    switch quality {
    case .draft: stride = patch
    case .standard: stride = Preset.share(0.7, of: patch)
    case .fine: stride = Preset.share(0.36, of: patch)
    case .hrdv2:
      stride = min(4, patch)
      shifts = [1, 2]
      (flips, upsampling, alignment, fit) = (.none, .nearest, .image, .crop)
    }
  }

  private static func share(_ share: Double, of patch: Int) -> Int {
    max(1, Int((share * Double(patch)).rounded()))
  }
}

/// Options as they were given, each at most once.
private struct Given {
  private var values: [Parameter: String] = [:]

  init(_ parameters: [(name: String, value: String)]) throws(ParameterError) {
    for (name, value) in parameters {
      guard let parameter = Parameter(rawValue: name) else {
        throw Parameter.planned[name] == nil
          ? .unknown(name: name) : .planned(name: name, value: nil)
      }
      if let planned = Parameter.planned[name], planned?.contains(value) == true {
        throw .planned(name: name, value: value)
      }
      guard values[parameter] == nil else { throw .repeated(parameter) }
      values[parameter] = value
    }
  }

  func has(_ parameter: Parameter) -> Bool { values[parameter] != nil }

  func choice<Value: RawRepresentable<String>>(
    _ parameter: Parameter, _ type: Value.Type, _ preset: Value
  ) throws(ParameterError) -> Value {
    guard let text = values[parameter] else { return preset }
    guard let value = Value(rawValue: text) else { throw .invalid(parameter, value: text) }
    return value
  }

  func number(
    _ parameter: Parameter, _ preset: Int, in range: ClosedRange<Int>
  ) throws(ParameterError) -> Int {
    guard let text = values[parameter] else { return preset }
    guard let value = Given.digits(text), range.contains(value) else {
      throw .invalid(parameter, value: text)
    }
    return value
  }

  func shifts(_ preset: [Int]) throws(ParameterError) -> [Int] {
    guard let text = values[.shifts] else { return preset }
    if text == "none" { return [] }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let distances = parts.compactMap { Given.digits(String($0)) }
    guard distances.count == parts.count, distances.count <= Parameter.shiftCount,
      Set(distances).count == distances.count,
      distances.allSatisfy({ (1...Parameter.longestShift).contains($0) })
    else { throw .invalid(.shifts, value: text) }
    return distances
  }

  func scale() throws(ParameterError) -> Scale {
    guard let text = values[.scale] else { return .auto }
    guard let scale = Scale(text) else { throw .invalid(.scale, value: text) }
    return scale
  }

  func card(_ cards: [ModelCard], default name: String) throws(ParameterError) -> ModelCard {
    let wanted = values[.model] ?? name
    guard let card = cards.first(where: { $0.name == wanted }) else {
      throw .unknownModel(name: wanted, known: cards.map(\.name))
    }
    return card
  }

  /// Decimal digits alone: no sign, no blank, few enough that nothing overflows.
  private static func digits(_ text: String) -> Int? {
    guard (1...10).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }
}
