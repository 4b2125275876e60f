package import Encoders
import Fields
import Files

/// A request for one image with all defaults resolved: a field, and an output of it.
package struct FeatureRequest: Sendable {
  /// The field; of several pages that of the first, whose levels may follow from all.
  package let field: FieldRequest
  package let output: any Output
  package let format: Format
  /// Several pages; `nil` for the field's own.
  package let pages: PageChoice?

  package var kind: OutputKind { output.kind }
}

extension FeatureRequest {
  /// Reads the options of a query, a form or command-line flags, as names and values.
  ///
  /// A preset sets several options; explicit options take precedence. `storageType` and
  /// `tiling` apply to all requests.
  package init(
    _ parameters: [(name: String, value: String)],
    among outputs: [OutputKind] = OutputKind.ofImages,
    cards: [ModelCard], defaultModel: String,
    precisions: PrecisionNames = PrecisionNames(),
    storageType: FieldRequest.StorageType = .float32,
    tiling: Tiling = .beyond(tokens: Tiling.usualTokens)
  ) throws(ParameterError) {
    let given = try GivenOptions(parameters)
    let card = try given.card(cards, default: defaultModel)
    let preset = Preset(try given.choice(.quality, Quality.standard), patch: card.patch)
    try self.init(
      given, try given.output(among: outputs), card,
      FieldRequest(preset, card, precisions.usual, storageType, tiling), precisions)
  }

  /// Reads the options of a query to an existing field, which supplies the defaults.
  ///
  /// Without an output the first of several is taken; model, preset and image are those of the
  /// field.
  package init(
    _ parameters: [(name: String, value: String)], among outputs: [OutputKind],
    of field: FieldRequest, card: ModelCard, precisions: PrecisionNames = PrecisionNames()
  ) throws(ParameterError) {
    let given = try GivenOptions(parameters)
    let settled = [.model, .quality, .image] + (outputs.count == 1 ? [Parameter.output] : [])
    for parameter in settled where given.has(parameter) { throw .fixed(parameter) }
    try self.init(given, try given.output(among: outputs), card, field, precisions)
  }

  private init(
    _ given: GivenOptions, _ kind: OutputKind, _ card: ModelCard, _ preset: FieldRequest,
    _ precisions: PrecisionNames
  ) throws(ParameterError) {
    // Resolved before, where it is possible.
    if given.has(.for) { throw .unknown(name: Parameter.for.rawValue) }
    pages = given.pages
    let taken = pages == nil ? kind : try kind.ofPages
    format = try given.choice(.format, taken.usualFormat(given))
    if kind.formats.contains(format), !taken.formats.contains(format) {
      throw .conflict(.format, .page)
    }
    try taken.refuseConflicts(given, format)
    let asked = try FieldRequest(given, card, preset, precisions)
    _ = try given.value(.image) { Digest(imageName: $0) }
    output = try kind.read(
      OutputOptions(given: given, card: card, field: asked, format: format))
    if let ability = kind.ability { try card.require(ability) }
    var field = output.field(from: asked, of: card)
    if field.shifts.isEmpty { field.neighbourhood = .moore }
    self.field = field
    // A guided field's weights are its page's own, too large to be held for all.
    if pages != nil, field.upsampling == .jbu, output.holdsAllPages(in: format) {
      throw .conflict(.page, .upsample)
    }
  }

  /// The same output of one page.
  func ofPage(_ field: FieldRequest) -> FeatureRequest {
    FeatureRequest(field: field, output: output, format: format, pages: nil)
  }
}

extension FeatureRequest: Encodable, Hashable {
  private enum CodingKeys: String, CodingKey { case field, output, options, format, pages }

  package func encode(to encoder: any Swift.Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(field, forKey: .field)
    try members.encode(kind.id, forKey: .output)
    try members.encode(format, forKey: .format)
    try members.encodeIfPresent(pages, forKey: .pages)
    try output.encode(to: members.superEncoder(forKey: .options))
  }

  /// Requests are equal if their canonical texts are.
  package static func == (one: FeatureRequest, other: FeatureRequest) -> Bool {
    canonical(one) == canonical(other)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(canonical(self)) }
}
