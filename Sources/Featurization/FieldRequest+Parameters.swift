import Encoders
import Fields
import Imaging
import LinearAlgebra

extension FieldRequest {
  /// The field of a preset.
  init(
    _ preset: Preset, _ card: ModelCard, _ precision: Precision, _ storageType: StorageType,
    _ tiling: Tiling
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
    channel = nil
    orientation = .stored
    crop = nil
    nodata = nil
    scale = preset.scale
    resize = nil
    tile = tiling
    self.storageType = storageType
  }

  /// A copy with explicit options applied; throws for abilities that the model lacks.
  init(
    _ given: GivenOptions, _ card: ModelCard, _ preset: FieldRequest, _ precisions: PrecisionNames
  ) throws(ParameterError) {
    self = preset
    encodeOptions.blocks = try given.blocks(of: card.depth, preset.encodeOptions.blocks)
    encodeOptions.stride = try FieldRequest.stride(given, card, preset, of: encodeOptions.block)
    encodeOptions.facet = try given.choice(.facet, preset.encodeOptions.facet)
    encodeOptions.precision = try given.value(.precision, preset.encodeOptions.precision) {
      precisions[$0]
    }
    shifts = try given.shifts(preset.shifts)
    neighbourhood = try given.choice(.neighbourhood, preset.neighbourhood)
    flips = try given.choice(.flips, preset.flips)
    rotations = try given.choice(.rotations, preset.rotations)
    upsampling = try given.choice(.upsample, preset.upsampling)
    alignment = try given.choice(.alignment, preset.alignment)
    fit = try given.choice(.fit, preset.fit)
    page = try given.value(.page, preset.page) { Int(page: $0) ?? PageChoice($0)?.first }
    channel = try given.value(.channel) { ChannelChoice($0) } ?? preset.channel
    orientation = try given.choice(.orientation, preset.orientation)
    crop = try given.value(.crop) { PixelRectangle($0) } ?? preset.crop
    nodata = try given.value(.nodata) { NoData($0) } ?? preset.nodata
    scale = try given.value(.scale, preset.scale) { Scale($0) }
    resize = try given.number(.resize, in: 1...Parameter.longestSide) ?? preset.resize
    if let side = try given.number(.tile, in: 1...Parameter.longestSide) { tile = .side(side) }
    try resolveUpsampler(given, card)
    if encodeOptions.facet != .token { try card.require(.facets) }
    if encodeOptions.blocks.count > 1 {
      try card.require(.layers)
      guard encodeOptions.facet == .token else { throw .conflict(.layer, .facet) }
    }
    if fit == .frame { try card.require(.frame) }
  }

  /// The stride in pixels; of models with windows or stages, their cell's side.
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

extension ModelCard {
  /// Throws if the model lacks an ability.
  func require(_ ability: Ability) throws(ParameterError) {
    guard has(ability) else { throw .lacking(ability, model: name) }
  }

  private func has(_ ability: Ability) -> Bool {
    switch ability {
    case .densePatches: allowsDensePatches
    case .classToken: hasClassToken
    case .facets: hasFacets
    case .layers: hasSeveralLayers
    case .frame: hasFrame
    case .classifier: head != nil
    case .decoder: decoder != nil
    case .upsampler: upsampler != nil
    }
  }
}
