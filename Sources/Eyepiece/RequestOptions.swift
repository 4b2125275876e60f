import ArgumentParser
import Featurization

/// Every option of a request as a flag, but for the names of what a server keeps.
package struct RequestOptions: ParsableArguments {
  @Option(help: .of(.output)) var output: String?
  @Option(help: .of(.model)) var model: String?
  @Option(help: .of(.quality)) var quality: String?
  @Option(help: .of(.stride)) var stride: String?
  @Option(help: .of(.shifts)) var shifts: String?
  @Option(help: .of(.neighbourhood)) var neighbourhood: String?
  @Option(help: .of(.flips)) var flips: String?
  @Option(help: .of(.rotations)) var rotations: String?
  @Option(help: .of(.upsample)) var upsample: String?
  @Option(help: .of(.alignment)) var alignment: String?
  @Option(help: .of(.fit)) var fit: String?
  @Option(help: .of(.page)) var page: String?
  @Option(help: .of(.scale)) var scale: String?
  @Option(help: .of(.resize)) var resize: String?
  @Option(help: .of(.grid)) var grid: String?
  @Option(help: .of(.layer)) var layer: String?
  @Option(help: .of(.facet)) var facet: String?
  @Option(help: .of(.precision)) var precision: String?
  @Option(help: .of(.attention)) var attention: String?
  @Option(help: .of(.components)) var components: String?
  @Option(help: .of(.normalise)) var normalise: String?
  @Option(help: .of(.region)) var region: String?
  @Option(help: .of(.points)) var points: String?
  @Option(help: .of(.dtype)) var dtype: String?
  @Option(help: .of(.format)) var format: String?
  @Option(help: .of(.top)) var top: String?
  @Option(help: .of(.seed)) var seed: String?

  package init() {}

  /// Those that were given, by name.
  package var given: [(name: String, value: String)] {
    let all: [(Parameter, String?)] = [
      (.output, output), (.model, model), (.quality, quality), (.stride, stride),
      (.shifts, shifts), (.neighbourhood, neighbourhood), (.flips, flips),
      (.rotations, rotations), (.upsample, upsample), (.alignment, alignment), (.fit, fit),
      (.page, page), (.scale, scale), (.resize, resize), (.grid, grid), (.layer, layer),
      (.facet, facet), (.precision, precision), (.attention, attention), (.components, components),
      (.normalise, normalise), (.region, region), (.points, points), (.dtype, dtype),
      (.format, format), (.top, top), (.seed, seed),
    ]
    return all.compactMap { parameter, value in value.map { (parameter.rawValue, $0) } }
  }
}

extension ArgumentHelp {
  /// What a parameter may be.
  fileprivate static func of(_ parameter: Parameter) -> ArgumentHelp {
    ArgumentHelp(stringLiteral: parameter.allowed)
  }
}
