import Backlog
import Featurization
import Files
import HTTP1
import HTTPTypes
import Jobs
import Scheduling

/// `/batches`: many jobs that are taken together or not at all.
extension JobsEndpoint {
  /// Most places of a batch that are told to be bad.
  static let badPlaces = 20

  /// `POST /batches`.
  func submitBatch(_ context: RequestContext) throws(Problem) -> Answering {
    var defaults = try limits.options(of: context.head)
    let own = ["name", "invalid"]
    let options = try OwnOptions(defaults.filter { own.contains($0.name) }, among: own)
    defaults.removeAll { own.contains($0.name) }
    guard ["skip", nil].contains(options["invalid"]) else {
      throw Problem(400, "invalid-parameter", "Invalid parameter", "invalid is skip")
    }
    let cancelAfter = try context.cancelAfter
    if let refusal = jobs.services.refusal { throw Problem(refusal) }
    return .work { [defaults] body in
      let order = try await order(body, defaults, options["name"], context)
      let orders = try await taken(order, skipping: options["invalid"] != nil)
      var submission = Submission(
        owner: context.jobOwner, jobClass: .batch, shape: .batch(name: order.name), jobs: orders,
        cancelAfter: cancelAfter)
      submission.trace = context.trace?.field
      submission.key = context.idempotencyKey(
        of: [order.name ?? ""] + orders.flatMap { ["\($0.work)", $0.request, $0.name ?? ""] })
      let receipt = try await jobs.submit(submission)
      guard case .batch(let batch) = receipt.content else { throw BacklogError.keyReused }
      var response = document(batch, receipt.isReplayed ? .ok : .accepted)
      response.fields[.location] = "/batches/\(batch.id)"
      if receipt.isReplayed { response.fields[.idempotentReplayed] = "true" }
      return response
    }
  }

  /// What a body orders; the images of a form are kept before.
  private func order(
    _ body: [UInt8], _ defaults: [Upload.Option], _ name: String?, _ context: RequestContext
  ) async throws -> BatchOrder {
    guard Upload.isForm(context.head) else {
      let type = context.head.fields[.contentType]?.lowercased() ?? ""
      let isLines = type.hasPrefix("application/x-ndjson")
      return try await jobs.services.queries.queue.run { [jobs] in
        try BatchOrder(
          body, isLines: isLines, defaults: defaults, name: name, limit: jobs.batchJobs)
      }
    }
    let form = try await jobs.services.queries.queue.run { [jobs, limits] in
      try limits.images(of: Request(head: context.head, body: body), atMost: jobs.batchJobs)
    }
    let own = form.options.first { $0.name == "name" }?.value
    let options = defaults + form.options.filter { $0.name != "name" }
    var entries: [BatchOrder.Entry] = []
    for image in form.images {
      try Task.checkCancellation()
      let digest = try await jobs.services.images.keepForGood(
        Array(body[image.range]), from: context.client.name)
      entries.append(
        BatchOrder.Entry(image: digest.imageName, name: image.filename, options: options))
    }
    return try BatchOrder(entries: entries, name: name ?? own, limit: jobs.batchJobs)
  }

  /// The jobs of a batch, or all that is wrong with it, up to a number of places.
  private func taken(_ order: BatchOrder, skipping: Bool) async throws -> [JobOrder] {
    var parsed: [JobRequest: Result<ParsedJob, any Error>] = [:]
    var (orders, bad) = ([JobOrder](), [BadPlace]())
    for (place, entry) in order.entries.enumerated() {
      try Task.checkCancellation()
      do {
        guard let image = Digest(imageName: entry.image) else {
          throw ParameterError.invalid(.image, value: entry.image)
        }
        let request = JobRequest(of: withModel(entry.options))
        if parsed[request] == nil {
          do {
            parsed[request] = .success(try await ParsedJob(request, by: jobs.services))
          } catch {
            parsed[request] = .failure(error)
          }
        }
        guard let understood = try parsed[request]?.get() else { continue }
        orders.append(
          try await jobs.order(request, understood, of: image, name: entry.name).order)
      } catch let error as CancellationError {
        throw error
      } catch {
        if bad.count < JobsEndpoint.badPlaces { bad.append(BadPlace(place, Problem(any: error))) }
        if bad.count == JobsEndpoint.badPlaces, !skipping { break }
      }
    }
    guard bad.isEmpty || skipping && !orders.isEmpty else {
      var problem = Problem(
        422, "bad-places", "Some jobs of the batch cannot be taken",
        "Nothing of the batch was taken: places lists the first \(bad.count) jobs that cannot be")
      problem.places = bad
      throw problem
    }
    return orders
  }

  /// The options with the model's name, which may be another one when their turn comes.
  private func withModel(_ options: [Upload.Option]) -> [Upload.Option] {
    let settles = [Parameter.model, .classifier].map(\.rawValue)
    guard !options.contains(where: { settles.contains($0.name) }),
      !Services.namesClassifier(options)
    else { return options }
    return options + [(Parameter.model.rawValue, jobs.services.models.defaultName)]
  }

  /// `GET /batches/{batch}`.
  func batch(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.batch
    let wait = try wait(context)
    let tags = context.head.fields[.ifNoneMatch].map(EntityTags.init)
    return .work { _ in
      let held = wait > 0 ? try hold(context) : nil
      let scope = context.jobScope
      let found = try await jobs.look(at: .batch(id), ticks: wait) {
        try await jobs.batch(id, for: scope)
      } until: { batch in
        guard let batch else { return true }
        return tags.map { !$0.names(batch.tag) } ?? (batch.ended != nil)
      }
      withExtendedLifetime(held) {}
      guard let found else { throw Problem.noSuchBatch }
      guard tags?.names(found.tag) != true else {
        return Response(status: .notModified, fields: [.eTag: found.tag.text])
      }
      return document(found, .ok)
    }
  }

  /// `DELETE /batches/{batch}`: cancels what has not ended, or forgets all of it when it has; with
  /// `forget` both.
  func deleteBatch(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.batch
    let forgets = try forgets(context)
    return .work { _ in
      let scope = context.jobScope
      guard let forgetting = try await jobs.forgetBatch(id, for: scope) else {
        throw Problem.noSuchBatch
      }
      guard forgetting != .forgotten else { return Response(status: .noContent) }
      guard var batch = try await jobs.cancelBatch(id, for: scope) else {
        throw Problem.noSuchBatch
      }
      if forgets {
        let ended = try await jobs.look(at: .batch(id), ticks: JobsEndpoint.patience) {
          try await jobs.batch(id, for: scope)
        } until: {
          $0?.ended != nil
        }
        if try await jobs.forgetBatch(id, for: scope) == .forgotten {
          return Response(status: .noContent)
        }
        batch = ended ?? batch
      }
      return document(batch, batch.ended == nil ? .accepted : .ok)
    }
  }

  /// `GET /batches/{batch}/events`: the batch's document whenever it changes, at most once a tick.
  func batchEvents(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.batch
    let seen = context.head.fields[.lastEventID].flatMap { Int(digits: $0) }
    return .work { _ in
      let held = context.head.method == .head ? nil : try hold(context)
      let scope = context.jobScope
      let stream = EventStream(
        kind: "batch", watch: jobs.watch, subject: .batch(id),
        look: { try await jobs.batch(id, for: scope) },
        state: { [runners] batch in
          EventState(
            version: batch.version, line: jsonLine(BatchListing(batch, runners: runners)),
            isEnded: batch.ended != nil)
        })
      guard let first = try await jobs.batch(id, for: scope) else { throw Problem.noSuchBatch }
      return stream.response(to: first, seen: seen, holding: held)
    }
  }

  /// `GET /batches/{batch}/jobs`: its jobs in order, a line each.
  func members(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.batch
    return .work { _ in
      let scope = context.jobScope
      guard try await jobs.batch(id, for: scope) != nil else { throw Problem.noSuchBatch }
      return Response(
        status: .ok, fields: [.contentType: "application/x-ndjson"],
        body: .unsized { writer in
          try await jobs.members(of: id, for: scope) { page in
            try await writer.write(page.flatMap { jsonLine(listing($0)) + [10] })
          }
        })
    }
  }

  private func document(_ batch: BatchDocument, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      fields: [
        .contentType: "application/json", .cacheControl: "no-cache", .eTag: batch.tag.text,
      ],
      body: .bytes(json(BatchListing(batch, runners: runners))))
  }
}

extension BatchDocument {
  var tag: EntityTag { EntityTag(weak: "\(id).\(version)") }
}
