import Encoders
import Fields

extension FieldRequest {
  /// Makes a field that asks for the model's upsampler one of what that was trained on.
  ///
  /// That is the last block's tokens of the identity view, its patches side by side; what is given
  /// and says otherwise is refused.
  mutating func resolveUpsampler(
    _ given: GivenOptions, _ card: ModelCard
  ) throws(ParameterError) {
    guard upsampling == .jbu else { return }
    guard card.upsampler != nil else { throw .lacking(.upsampler, model: card.name) }
    var settled = self
    settled.encodeOptions.stride = card.patch
    settled.encodeOptions.block = card.depth - 1
    settled.encodeOptions.facet = .token
    (settled.shifts, settled.flips, settled.rotations) = ([], .none, .none)
    settled.alignment = .image
    let options: [(parameter: Parameter, isOther: Bool, only: String)] = [
      (.quality, true, "its own views"),
      (.stride, settled.encodeOptions.stride != encodeOptions.stride, "\(card.patch)"),
      (.layer, settled.encodeOptions.block != encodeOptions.block, "last"),
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
