import Imaging
package import Segmentation

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

extension Classifier {
  /// The options of a request for a field that the classifier fits, in the order of parameters.
  package var fieldOptions: [(name: String, value: String)] {
    Parameter.allCases.compactMap { parameter in
      provenance.options[parameter.rawValue].map { (parameter.rawValue, $0) }
    }
  }

  /// These, with others that were given; layers may be more than the classifier sees.
  ///
  /// Throws `ParameterError.conflict` for one that the classifier determines.
  package func fieldOptions(
    with given: [(name: String, value: String)]
  ) throws(ParameterError) -> [(name: String, value: String)] {
    var own = fieldOptions
    if let layers = given.first(where: { $0.name == Parameter.layer.rawValue })?.value,
      provenance.isSeen(in: layers)
    {
      own.removeAll { $0.name == Parameter.layer.rawValue }
    }
    for option in given where own.contains(where: { $0.name == option.name }) {
      if let parameter = Parameter(rawValue: option.name) { throw .conflict(parameter, .for) }
    }
    if given.contains(where: { $0.name == Parameter.quality.rawValue }) {
      throw .conflict(.quality, .for)
    }
    return own + given
  }
}
