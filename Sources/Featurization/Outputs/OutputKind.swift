import Encoders

/// A row of the list of outputs: name, formats, parameters, and the reading of options.
package struct OutputKind: Sendable {
  /// A unique identifier.
  package let id: String
  /// The name in requests, which is also the name of its array.
  package let name: String
  /// The available formats, the default first.
  package private(set) var formats: [FeatureRequest.Format]
  /// Parameters beside those of the field, `output` and `format`.
  package let parameters: [Parameter]
  /// Those of `parameters` that apply to every format.
  let parametersOfAnyFormat: Set<Parameter>
  /// The ability that the model must have.
  let ability: Ability?
  /// Whether the whole model computes it, so that layer, facet and stride have no effect.
  let isOfWholeModel: Bool
  /// The formats of several pages together, the default first; empty where the output has none.
  private let formatsOfPages: [FeatureRequest.Format]
  private var isOfPages = false
  /// Reads the output's options.
  let read: @Sendable (OutputOptions) throws(ParameterError) -> any Output

  init(
    _ name: String, id: String? = nil, formats: [FeatureRequest.Format], parameters: [Parameter],
    ofAnyFormat: Set<Parameter> = [], ability: Ability? = nil, isOfWholeModel: Bool = false,
    ofPages formatsOfPages: [FeatureRequest.Format] = [],
    read: @escaping @Sendable (OutputOptions) throws(ParameterError) -> any Output
  ) {
    self.id = id ?? name
    self.name = name
    self.formats = formats
    self.parameters = parameters
    parametersOfAnyFormat = ofAnyFormat
    self.ability = ability
    self.isOfWholeModel = isOfWholeModel
    self.formatsOfPages = formatsOfPages
    self.read = read
  }
}

extension OutputKind {
  /// The output of several pages together, in the formats that it has then.
  var ofPages: OutputKind {
    get throws(ParameterError) {
      guard !formatsOfPages.isEmpty else { throw .conflict(.page, .output) }
      var kind = self
      (kind.formats, kind.isOfPages) = (formatsOfPages, true)
      return kind
    }
  }
}

extension OutputKind: Hashable {
  package static func == (one: OutputKind, other: OutputKind) -> Bool { one.id == other.id }

  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension OutputKind {
  /// Parameters without effect in a format, in the order in which they are refused.
  func parameters(without format: FeatureRequest.Format) -> [Parameter] {
    // Of several pages a TIFF holds pictures.
    let excluded =
      isOfPages && format == .tiff ? FeatureRequest.Format.png.excluded : format.excluded
    return excluded.filter { !parametersOfAnyFormat.contains($0) }
  }

  /// The first format in which all explicit options apply.
  func usualFormat(_ given: GivenOptions) -> FeatureRequest.Format {
    formats.first { !parameters(without: $0).contains(where: given.has) } ?? formats[0]
  }

  /// Refuses options that exclude each other, by name.
  func refuseConflicts(
    _ given: GivenOptions, _ format: FeatureRequest.Format
  ) throws(ParameterError) {
    guard formats.contains(format) else { throw .noFormat(format, of: self) }
    for parameter in Parameter.ofOutputs where given.has(parameter) {
      guard parameters.contains(parameter) else { throw .conflict(parameter, .output) }
    }
    for parameter in parameters(without: format) where given.has(parameter) {
      throw .conflict(parameter, .format)
    }
    // A kept classifier reads the field as it is.
    guard isOfWholeModel, !given.has(.classifier) else { return }
    for parameter in [Parameter.layer, .facet, .stride] where given.has(parameter) {
      throw .conflict(parameter, .output)
    }
  }
}

/// The options that an output reads, and what their bounds depend on.
struct OutputOptions {
  let given: GivenOptions
  let card: ModelCard
  /// The field as requested.
  let field: FieldRequest
  let format: FeatureRequest.Format
}

extension FeatureRequest.Format {
  /// Parameters whose values the format cannot represent or ignores.
  fileprivate var excluded: [Parameter] {
    switch self {
    case .png: [.dtype, .normalise, .components, .points]
    case .tiff: [.points, .step]
    case .json, .csv, .geojson, .coco, .zarr, .zip: [.dtype, .step]
    case .npy, .npz, .safetensors, .raw: [.top]
    }
  }
}
