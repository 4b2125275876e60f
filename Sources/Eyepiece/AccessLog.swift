package import API
import Featurization
package import Logging

extension Logger {
  /// One line for a request.
  package func note(_ record: AccessRecord) {
    guard logLevel <= .info else { return }
    var metadata: Metadata = [
      "request": "\(record.id)", "path": "\(record.path)", "status": whole(record.status),
      "in": whole(record.bytesIn), "out": whole(record.bytesOut),
      "seconds": seconds(record.duration / .seconds(1)),
    ]
    metadata["method"] = record.method.map { "\($0)" }
    metadata["route"] = record.resource.map { "\($0)" }
    metadata["query"] = record.query.map { "\($0)" }
    metadata["client"] = record.client.map { "\($0)" }
    metadata["problem"] = record.problem.map { "\($0)" }
    metadata["trace"] = record.trace.map { "\($0.trace)" }
    metadata["span"] = record.trace.map { "\($0.span)" }
    if record.stages.contains(where: { $0.name == "queue" }) {
      metadata["queue"] = seconds(record.seconds(of: "queue"))
    }
    if record.isAbandoned { metadata["end"] = "abandoned" }
    if !record.isComplete { metadata["end"] = "cut" }
    info("Request", metadata: metadata)
  }

  func note(_ event: FieldEvent) {
    switch event {
    case .cancelled(let blocks, let total, let late):
      info(
        "A computation was given up",
        metadata: ["blocks": whole(blocks), "of": whole(total), "late": whole(late)])
    case .pageFailed(let page, let reason):
      error(
        "A page failed after the answer had begun",
        metadata: ["page": whole(page), "reason": "\(reason)"])
    case .shared(.away(let reason, isNews: true)):
      warning("The shared store does not answer", metadata: ["reason": "\(reason)"])
    case .shared(.damaged): warning("An entry of the shared store is damaged")
    case .found, .shared: break
    }
  }

  private func whole(_ number: Int) -> MetadataValue { .stringConvertible(number) }

  private func seconds(_ seconds: Double) -> MetadataValue { .stringConvertible(Seconds(seconds)) }
}
