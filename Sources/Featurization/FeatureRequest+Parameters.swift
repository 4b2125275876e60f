import Digests
package import Encoders
import Fields
import Imaging
package import LinearAlgebra
import Rendering

extension FeatureRequest {
  /// Reads the options of a query, a form or flags: names and values as they were given.
  ///
  /// A preset sets several options; those given beside it win. `precision` is that of requests
  /// that name none, `storageType` that of all.
  package init(
    _ parameters: [(name: String, value: String)], cards: [ModelCard], defaultModel: String,
    precision: Precision = .float32, storageType: FieldRequest.StorageType = .float32
  ) throws(ParameterError) {
    let given = try GivenOptions(parameters)
    let card = try given.card(cards, default: defaultModel)
    let preset = Preset(try given.choice(.quality, Quality.standard), patch: card.patch)
    try self.init(
      given, output: try given.output(among: Output.plain), card,
      FieldRequest(preset, card, precision, storageType))
  }

  /// The same of a field that is here already: what is not given is as the field has it.
  ///
  /// Of several outputs the first is taken where none is given; model, preset and image are the
  /// field's own.
  package init(
    _ parameters: [(name: String, value: String)], among outputs: [Output], of field: FieldRequest,
    card: ModelCard
  ) throws(ParameterError) {
    let given = try GivenOptions(parameters)
    let settled = [.model, .quality, .image] + (outputs.count == 1 ? [Parameter.output] : [])
    for parameter in settled where given.has(parameter) { throw .fixed(parameter) }
    try self.init(given, output: try given.output(among: outputs), card, field)
  }

  private init(
    _ given: GivenOptions, output: Output, _ card: ModelCard, _ preset: FieldRequest
  ) throws(ParameterError) {
    self.output = output
    field = try FieldRequest(given, card, preset)
    _ = try given.value(.image) { Digest(imageName: $0) }
    grid = try given.choice(.grid, .pixel)
    attention = try given.choice(.attention, .softmax)
    components = try given.number(.components, in: 1...card.channels(of: field.encodeOptions))
    basis = try given.value(.basis) { Digest(hex: $0) }
    normalise = try given.choice(.normalise, .none)
    let region = try given.value(.region, Selection.all) { Selection(region: $0) }
    selection = try given.value(.points, region) { Selection(points: $0) }
    dtype = try given.choice(.dtype, .float32)
    let usual = output.formats.first { format in
      !output.parameters(without: format).contains(where: given.has)
    }
    format = try given.choice(.format, usual ?? output.formats[0])
    top = try given.number(.top, in: 1...max(card.head?.classes ?? 1, 1))
    seed = try given.value(.seed) { Int(digits: $0).flatMap { UInt32(exactly: $0) } }
    try refuse(given, card)
    canonicalise(card)
  }

  /// Options that exclude each other are named, not guessed at, and so is what the model has not.
  private func refuse(_ given: GivenOptions, _ card: ModelCard) throws(ParameterError) {
    try refuseConflicts(given)
    if let ability = output.ability, !card.has(ability) {
      throw .lacking(ability, model: card.name)
    }
    if field.encodeOptions.facet != .token, !card.has(.facets) {
      throw .lacking(.facets, model: card.name)
    }
    if field.fit == .frame, !card.has(.frame) { throw .lacking(.frame, model: card.name) }
  }

  private func refuseConflicts(_ given: GivenOptions) throws(ParameterError) {
    guard output.formats.contains(format) else { throw .conflict(.format, .output) }
    for parameter in Output.particular where given.has(parameter) {
      guard output.parameters.contains(parameter) else { throw .conflict(parameter, .output) }
    }
    for parameter in output.parameters(without: format) where given.has(parameter) {
      throw .conflict(parameter, .format)
    }
    if output.isOfWholeModel {
      for parameter in Output.ofWholeModel where given.has(parameter) {
        throw .conflict(parameter, .output)
      }
    }
    if given.has(.points), given.has(.region) { throw .conflict(.points, .region) }
    if given.has(.basis), output == .features, components == nil {
      throw .conflict(.basis, .output)
    }
  }

  /// Gives options that make no difference one value, so that equal answers have equal names.
  private mutating func canonicalise(_ card: ModelCard) {
    if output == .pca, components == nil { components = 3 }
    if output == .foreground { components = 1 }
    if output == .cls || output.isOfWholeModel { grid = .patch }
    if output.isOfWholeModel { field.encodeOptions = .whole(card, field.encodeOptions.precision) }
    if output == .ownLogits, format == .json, top == nil { top = FeatureRequest.usualTop }
    if output == .reconstruction {
      seed = seed ?? 0
      field.encodeOptions.precision = .float32
    }
    if grid == .patch { field = field.identityAlone }
    if output == .attention { field.encodeOptions.facet = .token }
    if field.shifts.isEmpty { field.neighbourhood = .moore }
  }
}

extension FeatureRequest {
  /// Classes that are told where a client does not say.
  private static let usualTop = 5
}

extension EncodeOptions {
  /// All blocks over patches that lie side by side.
  fileprivate static func whole(_ card: ModelCard, _ precision: Precision) -> EncodeOptions {
    EncodeOptions(
      stride: card.cell(of: card.depth - 1), block: card.depth - 1, precision: precision)
  }
}

extension FeatureRequest.Output {
  /// What a model must have for it.
  fileprivate var ability: Ability? {
    switch self {
    case .attention: .classToken
    case .ownLogits: .classifier
    case .reconstruction: .decoder
    case .features, .pca, .cls, .foreground, .logits, .probabilities, .labels, .similarity: nil
    }
  }
}

extension ModelCard {
  fileprivate func has(_ ability: Ability) -> Bool {
    switch ability {
    case .densePatches: allowsDensePatches
    case .classToken: hasClassToken
    case .facets: hierarchy == nil
    case .frame: hasFrame
    case .classifier: head != nil
    case .decoder: decoder != nil
    case .upsampler: upsampler != nil
    }
  }
}

extension FieldRequest {
  /// A preset's own field.
  fileprivate init(
    _ preset: Preset, _ card: ModelCard, _ precision: Precision, _ storageType: StorageType
  ) {
    model = card.name
    encodeOptions = EncodeOptions(
      stride: preset.stride, block: card.depth - 1, precision: precision)
    shifts = preset.shifts
    neighbourhood = .moore
    flips = preset.flips
    rotations = .none
    upsampling = preset.upsampling
    alignment = preset.alignment
    fit = preset.fit
    page = 0
    scale = .auto
    resize = nil
    self.storageType = storageType
  }

  /// A field like another but for what is given.
  fileprivate init(
    _ given: GivenOptions, _ card: ModelCard, _ preset: FieldRequest
  ) throws(ParameterError) {
    self = preset
    encodeOptions.block = try given.block(of: card.depth, preset.encodeOptions.block)
    encodeOptions.stride = try FieldRequest.stride(given, card, preset, of: encodeOptions.block)
    encodeOptions.facet = try given.choice(.facet, preset.encodeOptions.facet)
    encodeOptions.precision = try given.value(.precision, preset.encodeOptions.precision) {
      Precision(asked: $0)
    }
    shifts = try given.shifts(preset.shifts)
    neighbourhood = try given.choice(.neighbourhood, preset.neighbourhood)
    flips = try given.choice(.flips, preset.flips)
    rotations = try given.choice(.rotations, preset.rotations)
    upsampling = try given.choice(.upsample, preset.upsampling)
    alignment = try given.choice(.alignment, preset.alignment)
    fit = try given.choice(.fit, preset.fit)
    page = try given.number(.page, preset.page, in: 0...Int(Int32.max))
    scale = try given.value(.scale, preset.scale) { Scale($0) }
    resize = try given.number(.resize, in: 1...Parameter.longestSide) ?? preset.resize
    try resolveUpsampler(given, card)
  }

  /// The stride that is given; of windows and stages it is that of their cells.
  private static func stride(
    _ given: GivenOptions, _ card: ModelCard, _ preset: FieldRequest, of block: Int
  ) throws(ParameterError) -> Int {
    let cell = card.cell(of: block)
    let stride = try given.number(.stride, in: 1...cell)
    guard !card.allowsDensePatches else { return stride ?? preset.encodeOptions.stride }
    guard stride == nil || stride == cell else {
      throw .lacking(.densePatches, model: card.name)
    }
    return cell
  }
}
