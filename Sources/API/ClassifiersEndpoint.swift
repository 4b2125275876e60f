import Featurization
import Files
import HTTP1
import HTTPTypes
import Scheduling
import Segmentation

/// `/classifiers/{id}`: classifiers as files, which any field of the same kind can be segmented with.
struct ClassifiersEndpoint: Sendable {
  private let classifiers: ClassifierStore
  private let queue: JobQueue

  init(_ services: Services) {
    classifiers = services.classifiers
    queue = services.queries.queue
  }

  /// The file, safetensors; the same id is the same bytes for good.
  func get(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.named
    return .work { _ in
      let classifier = try await classifiers.classifier(id, on: queue)
      let representation = Representation(
        tag: EntityTag(of: id),
        fields: [
          .cacheControl: Representation.forever, .contentType: "application/x-safetensors",
          .contentDisposition: "attachment; filename=\"classifier-\(id.description.prefix(12))"
            + ".safetensors\"",
        ],
        content: .bytes(classifier.file))
      return try representation.response(to: context.head)
    }
  }

  /// Keeps a file that was got here or elsewhere, under its id.
  func keep(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.named
    return .work { body in
      let (found, isNew) = try await queue.run { [classifiers] in
        do throws(SegmentationError) {
          let classifier = try Classifier(file: body)
          guard classifier.id == id else { return (classifier.id, false) }
          let isNew = (try? classifiers.classifier(id)) == nil
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
      try await queue.run { [classifiers] in try classifiers.remove(id) }
      return Response(status: .noContent)
    }
  }
}
