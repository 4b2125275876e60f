import Encoders
package import Files
import Imaging
import LinearAlgebra
import Segmentation

/// `/suggestions`: where to label next, for a classifier that is kept.
///
/// The labels that are kept at the field, where there are some, are its payload.
package struct SuggestionsOutput: Output {
  package let classifier: Digest
  package var kind: OutputKind { .suggestions }

  package func prepare(_ query: Query) async throws -> Rendering {
    let kept = try await query.classifier(classifier)
    let image = try await query.image(for: kept)
    let classifier = try Self.spread(kept, over: image)
    let picture = try await query.picture(of: image)
    let labels = query.payload?.labels?.labels
    guard labels == nil || labels?.size == picture.size else {
      throw FeaturizationError.segmentation(
        .labelSize(found: labels?.size ?? picture.size, expected: picture.size))
    }
    let (area, places) = (picture.grey.count, Suggestions.Places(in: picture.size))
    let dim = classifier.features.dim(deep: image?.encoded.dim ?? 0)
    let bytes = Footprint.Bytes(
      making: (image?.bytesWhenRead ?? 0) + area * (24 + 12 * classifier.ids.count)
        + places.count * (12 * dim + 2048))
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      do {
        let deep = image.map { [$0.features(.pixel)] } ?? []
        let scores = try classifier.scores(
          deep: deep, grey: picture.levels, workers: encoder.threads)
        let training = TrainingImage(
          key: "", deep: deep, grey: picture.levels,
          labels: labels
            ?? LabelImage(
              size: picture.size, ids: Array(repeating: LabelClass.unlabelled, count: area)),
          cell: 1)
        let suggestions = Suggestions(
          uncertainty: scores.probabilities(workers: encoder.threads)
            .uncertainty(.margin, workers: encoder.threads),
          predicted: scores.labels(workers: encoder.threads), labelled: labels, places: places,
          novelty: try Suggestions.novelty(
            at: places, in: training, classifier.features, workers: encoder.threads))
        return encoder.document(
          SuggestionsListing(suggestions), shape: [suggestions.boxes.count])
      } catch let error as SegmentationError {
        throw .segmentation(error)
      } catch {
        preconditionFailure("\(error)")
      }
    }
  }
}

extension SuggestionsOutput {
  /// The classifier for all layers of a field, of which it may see some.
  private static func spread(
    _ classifier: Classifier, over image: FieldImage?
  ) throws(FeaturizationError) -> Classifier {
    guard let image else { return classifier }
    do throws(SegmentationError) {
      return try classifier.spread(over: image.request)
    } catch {
      throw .segmentation(error)
    }
  }
}

/// Suggestions as clients read them.
private struct SuggestionsListing: Encodable {
  struct Box: Encodable {
    let x: Int
    let y: Int
    let width: Int
    let height: Int
    let score: Float
    let uncertainty: Float
    let novelty: Float
  }

  let boxes: [Box]

  init(_ suggestions: Suggestions) {
    boxes = suggestions.boxes.map {
      Box(
        x: $0.x, y: $0.y, width: $0.width, height: $0.height, score: $0.score,
        uncertainty: $0.uncertainty, novelty: $0.novelty)
    }
  }
}

extension OutputKind {
  package static let suggestions = OutputKind(
    "suggestions", formats: [.json], parameters: [.classifier]
  ) { options throws(ParameterError) in
    guard let classifier = try options.given.value(.classifier, { Digest(hex: $0) }) else {
      throw .needed(.classifier)
    }
    return SuggestionsOutput(classifier: classifier)
  }
}
