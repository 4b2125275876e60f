import Imaging

extension FieldRecord {
  /// The options that make a field's vectors comparable with those of another image's, by name: a
  /// classifier's field must have the same.
  ///
  /// Which part of which page is looked at makes no difference.
  var comparableOptions: [String: String] {
    let request = FieldOptions(request)
    return [
      "weights": weights, "model": request.model, "stride": "\(request.stride)",
      "layer": "\(request.layer)", "facet": request.facet, "shifts": request.shifts,
      "neighbourhood": request.neighbourhood, "flips": request.flips,
      "rotations": request.rotations, "upsample": request.upsample,
      "alignment": request.alignment, "fit": request.fit, "scale": request.scale,
    ]
  }
}
