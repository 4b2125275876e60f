import Files
import Foundation
import LinearAlgebra
import Tensors

extension Classifier {
  /// Reads a file, and refuses whatever `file` would not have written.
  package init(file bytes: [UInt8]) throws(SegmentationError) {
    let reader = try ClassifierReader(bytes)
    let description = reader.description
    try LabelClass.check(description.classes)
    let ids = description.ids
    guard ids.count > 1, ids == Set(ids).sorted(),
      Set(ids).isSubset(of: description.classes.map(\.id)),
      description.classes.map(\.id) == description.classes.map(\.id).sorted()
    else { throw .malformedFile(reason: "its classes are not in order") }
    guard (0...ClassifierFile.mostDims).contains(description.deepDim),
      description.features.isDeep == (description.deepDim > 0),
      description.features.isDeep || description.features.classical != nil
    else {
      throw .malformedFile(reason: "it has \(description.deepDim) dimensions of a field")
    }
    if let debias = description.provenance.debias,
      !(1...Provenance.mostRemoved).contains(debias) || !description.features.isDeep
    {
      throw .malformedFile(reason: "it has \(debias) directions of position removed")
    }
    let dim = description.features.dim(deep: description.deepDim)
    let channels = description.features.classical?.channels ?? 0
    let scale = try reader.doubles("scale", [channels])
    guard scale.allSatisfy({ $0 > 0 }) else {
      throw .malformedFile(reason: "a deviation in it is not above 0")
    }
    let model = try reader.model(dim: dim)
    self.init(
      classes: description.classes, features: description.features,
      deepDim: description.deepDim,
      standardisation: Standardisation(
        mean: try reader.doubles("mean", [channels]), scale: scale),
      model: model, provenance: description.provenance,
      refits: try reader.refits(dim: dim))
    guard file == bytes else {
      throw .malformedFile(reason: "its numbers or its text are not as Eyepiece writes them")
    }
  }
}

/// The parts of a file.
private struct ClassifierReader {
  let description: ClassifierFile.Description
  private let header: TensorHeader
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) throws(SegmentationError) {
    guard bytes.count <= ClassifierFile.longest else {
      throw .malformedFile(
        reason: "it has \(bytes.count) bytes; the limit is \(ClassifierFile.longest)")
    }
    do {
      header = try TensorFile(bytes, headerLimit: ClassifierFile.longestHeader).header
    } catch {
      throw .malformedFile(reason: "\(error)")
    }
    guard header.metadata["format"] == ClassifierFile.format,
      let text = header.metadata[ClassifierFile.key]
    else { throw .malformedFile(reason: "it says no format \(ClassifierFile.format)") }
    guard
      let description = try? JSONDecoder().decode(
        ClassifierFile.Description.self, from: Data(text.utf8))
    else { throw .malformedFile(reason: "its text is no description of a classifier") }
    self.description = description
    self.bytes = bytes
  }

  /// The model of rows of `dim` features.
  func model(dim: Int) throws(SegmentationError) -> ClassifierModel {
    let ids = description.ids
    guard let kind = LinearModel.Kind(rawValue: description.kind) else {
      let combination: TreeEnsemble.Combination
      switch description.kind {
      case ClassifierModel.forestKind: combination = .mean
      case ClassifierModel.boostingKind: combination = .sum(from: try doubles("base", [ids.count]))
      default: throw .malformedFile(reason: "its kind is none that is known")
      }
      let (trees, nodes) = (header.tensors["roots"]?.shape, header.tensors["feature"]?.shape)
      guard let trees, let nodes, trees.count == 1, nodes.count == 1 else {
        throw .malformedFile(reason: "it has no trees")
      }
      return .trees(
        try TreeEnsemble(
          ids: ids, dim: dim, combination: combination, roots: integers("roots", trees),
          features: integers("feature", nodes), thresholds: doubles("threshold", nodes),
          left: integers("left", nodes), right: integers("right", nodes),
          values: doubles("value", nodes + [ids.count])))
    }
    let (vectors, fit) = (ids.count == 2 ? 1 : ids.count, description.provenance.fit)
    return .linear(
      LinearModel(
        kind: kind, ids: ids, dim: dim, published: try doubles("coef", [vectors, dim]),
        try doubles("intercept", [vectors]), certificate: fit.certificate,
        hasConverged: fit.hasConverged))
  }

  /// The models without a share of the strokes each.
  func refits(dim: Int) throws(SegmentationError) -> [LinearModel] {
    guard let shape = header.tensors["refit_intercept"]?.shape else { return [] }
    let (ids, count) = (description.ids, shape.first ?? 0)
    guard let kind = LinearModel.Kind(rawValue: description.kind), Refits.counts.contains(count)
    else { throw .malformedFile(reason: "it has refits that it cannot have") }
    let vectors = ids.count == 2 ? 1 : ids.count
    let coefficients = try doubles("refit_coef", [count, vectors, dim])
    let intercepts = try doubles("refit_intercept", [count, vectors])
    return (0..<count).map { refit in
      LinearModel(
        kind: kind, ids: ids, dim: dim,
        published: Array(coefficients[refit * vectors * dim..<(refit + 1) * vectors * dim]),
        Array(intercepts[refit * vectors..<(refit + 1) * vectors]))
    }
  }

  private func integers(_ name: String, _ shape: [Int]) throws(SegmentationError) -> [Int32] {
    guard let entry = header.tensors[name], entry.dataType == .i32, entry.shape == shape else {
      throw .malformedFile(reason: "it has no int32 \(name) of shape \(shape)")
    }
    return [Int32](littleEndian: bytes.span.extracting(entry.range))
  }

  /// A tensor of a shape, of finite numbers that can be reckoned with.
  func doubles(_ name: String, _ shape: [Int]) throws(SegmentationError) -> [Double] {
    guard let entry = header.tensors[name], entry.dataType == .f64, entry.shape == shape else {
      throw .malformedFile(reason: "it has no float64 \(name) of shape \(shape)")
    }
    let values = [Double](littleEndian: bytes.span.extracting(entry.range))
    guard values.allSatisfy({ $0.magnitude <= ClassifierFile.largest }) else {
      throw .malformedFile(reason: "\(name) holds what is no number, or one beyond 1e30")
    }
    return values
  }
}
