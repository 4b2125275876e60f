import Backlog
import Featurization
import Files

/// Keeps in the store what jobs need and what they made: images and fields that those need that have
/// not ended, fields and answers that were made.
struct JobPins: Sendable {
  /// Pins that are read at a time.
  private static let page = 1000

  private let calls: BacklogCalls
  private let services: Services

  init(_ calls: BacklogCalls, _ services: Services) {
    (self.calls, self.services) = (calls, services)
  }

  /// Pins what the kept jobs need, and nothing else.
  ///
  /// Where machines share a store, that has what jobs need, and nothing is pinned.
  func all() async throws {
    guard services.shared == nil else { return }
    var (images, fields, answers) = (Set<Digest>(), Set<Digest>(), Set<Digest>())
    // Fields that give answers, made or still to be made.
    var sources: Set<Digest> = []
    var last = -1
    while true {
      let pins = try await calls.run { [last] backlog throws(BacklogError) in
        try backlog.pins(after: last, limit: JobPins.page)
      }
      guard let end = pins.last else { break }
      for pin in pins {
        if pin.isLive, let image = pin.image { images.insert(image) }
        fields.insert(pin.work)
        if let request = pin.request { sources.formUnion(JobRequest(json: request)?.fields ?? []) }
        guard let answer = pin.answer else { continue }
        answers.insert(answer)
        if !services.answers.contains(answer) { sources.insert(pin.work) }
      }
      last = end.sequence
    }
    services.setPins(images: images, fields: fields, answers: answers)
    await pin(fields: sources)
  }

  /// Keeps further fields, with the numbers that they are made of.
  func pin(fields: Set<Digest>) async {
    guard services.shared == nil else { return }
    for id in fields {
      if let record = try? await services.fields.record(of: id) { services.pin(record) }
    }
  }

  /// Lets what a job needed be evicted that no other needs.
  func letGo(of order: JobOrder) async {
    if let image = order.image {
      await letGo([image])
    } else {
      try? await all()
    }
  }

  /// Lets images be evicted that no job needs any more.
  func letGo(_ images: Set<Digest>) async {
    guard services.shared == nil else { return services.unpin(images: images) }
    for image in images {
      let live = try? await calls.run { backlog throws(BacklogError) in
        try backlog.liveCount(naming: image)
      }
      if live == 0 { services.unpin(images: [image]) }
    }
  }
}
