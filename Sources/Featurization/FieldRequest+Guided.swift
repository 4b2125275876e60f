import Encoders
import Fields

extension FieldRequest {
  /// Sets the options that the model's upsampler was trained with.
  ///
  /// These are the last block's tokens of the identity view at a stride of one patch; other
  /// explicit options are refused.
  mutating func resolveUpsampler(
    _ given: GivenOptions, _ card: ModelCard
  ) throws(ParameterError) {
    guard upsampling == .jbu else { return }
    guard card.upsampler != nil else { throw .lacking(.upsampler, model: card.name) }
    var settled = self
    settled.encodeOptions.stride = card.patch
    settled.encodeOptions.blocks = [card.depth - 1]
    settled.encodeOptions.facet = .token
    (settled.shifts, settled.flips, settled.rotations) = ([], .none, .none)
    settled.alignment = .image
    let options: [(parameter: Parameter, isOther: Bool, only: String)] = [
      (.quality, true, "its own views"),
      (.stride, settled.encodeOptions.stride != encodeOptions.stride, "\(card.patch)"),
      (.layer, settled.encodeOptions.blocks != encodeOptions.blocks, "last"),
      (
        .facet, settled.encodeOptions.facet != encodeOptions.facet,
        EncodeOptions.Facet.token.rawValue
      ),
      (.shifts, settled.shifts != shifts, "none"),
      (.flips, settled.flips != flips, Flips.none.rawValue),
      (.rotations, settled.rotations != rotations, Rotations.none.rawValue),
      (.alignment, settled.alignment != alignment, Alignment.image.rawValue),
    ]
    for option in options where option.isOther && given.has(option.parameter) {
      throw .notGuided(option.parameter, only: option.only)
    }
    self = settled
  }
}
