import Featurization
import Files
import HTTP1
import HTTPTypes
import Scheduling
import Segmentation

/// `/classifiers`: trained on fields with labels, or sent; any field of the same kind can be segmented
/// with one.
struct ClassifiersEndpoint: Sendable {
  private let classifiers: ClassifierStore
  private let queries: QueryService

  init(_ services: Services) {
    classifiers = services.classifiers
    queries = services.queries
  }

  /// Trains a classifier on fields that are kept here: on their pixels, where they have label images,
  /// or on whole images, where they have a class each.
  func train(_ context: RequestContext) -> Answering {
    .work { body in
      let document = try TrainingDocument(body)
      let begun = ContinuousClock.now
      if let images = try document.imageExamples() {
        let trained = try await queries.train(
          on: images.examples, classes: images.classes, by: document.descriptor ?? .cls,
          c: document.c ?? 1, for: context.owner)
        return response(
          trained.classifier.id,
          json(TrainedImageClassifier(trained, took: ContinuousClock.now - begun)))
      }
      let classifier = try await queries.train(
        try document.training(), on: try document.trainingExamples(), classes: document.classes,
        refits: document.refits, layer: document.layer?.text, for: context.owner)
      return response(
        classifier.id, json(TrainedClassifier(classifier, took: ContinuousClock.now - begun)))
    }
  }

  private func response(_ id: Digest, _ document: [UInt8]) -> Response {
    Response(
      status: .created,
      fields: [
        .contentType: "application/json", .location: "/classifiers/\(id)",
        .classifier: id.description,
      ],
      body: .bytes(document))
  }

  /// The file, safetensors; the same id is the same bytes for good.
  func get(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.named
    return .work { _ in
      let file = try await queries.queue.run { [classifiers] in try classifiers.kept(id).file }
      let representation = Representation(
        tag: EntityTag(of: id),
        fields: [
          .cacheControl: Representation.forever, .contentType: "application/x-safetensors",
          .contentDisposition: "attachment; filename=\"classifier-\(id.description.prefix(12))"
            + ".safetensors\"",
        ],
        content: .bytes(file))
      return try representation.response(to: context.head)
    }
  }

  /// Keeps a file that was got here or elsewhere, under its id.
  func keep(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.named
    return .work { body in
      let (found, isNew) = try await queries.queue.run { [classifiers] in
        do throws(SegmentationError) {
          let classifier = try KeptClassifier(file: body)
          guard classifier.id == id else { return (classifier.id, false) }
          let isNew = (try? classifiers.kept(id)) == nil
          return (classifiers.keep(classifier), isNew)
        } catch {
          throw FeaturizationError.segmentation(error)
        }
      }
      guard found == id else { throw FeaturizationError.anotherDigest(found) }
      return Response(
        status: isNew ? .created : .ok, fields: [.location: "/classifiers/\(id)"])
    }
  }

  func delete(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.named
    return .work { _ in
      try await queries.queue.run { [classifiers] in try classifiers.remove(id) }
      return Response(status: .noContent)
    }
  }
}
