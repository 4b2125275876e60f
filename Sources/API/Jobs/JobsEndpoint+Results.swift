import Backlog
import Featurization
import Files
import HTTP1
import HTTPTypes
import Jobs
import Scheduling

/// The answers of a batch together.
extension JobsEndpoint {
  /// A line of a batch's manifest.
  struct ManifestLine: Encodable {
    let place: Int
    let name: String?
    let image: String?
    let state: String
    /// The file in an archive of the answers; absent where there is none.
    let file: String?
    let bytes: Int?
    let type: String?
    let path: String?
    let problem: JobProblem?

    init(_ job: JobDocument, file: String?) {
      (place, name, state) = (job.place ?? 0, job.order.name, job.state.word)
      image = job.order.image?.imageName
      self.file = file
      (bytes, type, path) = (job.answer?.bytes, job.answer?.mediaType, job.answer?.path)
      problem = job.state == .failed ? JobProblem(of: job) : nil
    }
  }

  /// `GET /batches/{batch}/results`: the manifest, or a tar of it and the answers.
  func results(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.batch
    let options = try OwnOptions(limits.options(of: context.head), among: ["format"])
    let format = try ResultsFormat(
      named: options["format"], accepting: context.head.fields[.accept])
    return .work { _ in
      let scope = context.jobScope
      guard try await jobs.batch(id, for: scope) != nil else { throw Problem.noSuchBatch }
      switch format {
      case .ndjson: return manifest(id, scope)
      case .tar: return try await archive(id, scope, context)
      }
    }
  }

  private func manifest(_ id: BatchID, _ scope: JobScope) -> Response {
    Response(
      status: .ok,
      fields: [
        .contentType: ResultsFormat.ndjson.type,
        .contentDisposition: "inline; filename=\"batch-\(id).ndjson\"",
      ],
      body: .unsized { writer in
        var names = SafeFileNames()
        try await jobs.members(of: id, for: scope) { page in
          try await writer.write(
            page.flatMap { jsonLine(ManifestLine($0, file: names.name(of: $0))) + [10] })
        }
      })
  }

  /// Answers are made again one at a time, while the client reads: a slow one slows itself alone.
  private func archive(
    _ id: BatchID, _ scope: JobScope, _ context: RequestContext
  ) async throws -> Response {
    var names = SafeFileNames()
    var (manifest, problems) = ([UInt8](), [UInt8]())
    var files: [(member: TarMember, job: JobDocument)] = []
    try await jobs.members(of: id, for: scope) { page in
      for job in page {
        let file = names.name(of: job)
        let line = jsonLine(ManifestLine(job, file: file)) + [10]
        manifest += line
        if job.state == .failed { problems += line }
        guard let file, let answer = job.answer else { continue }
        let ended = (job.ended?.milliseconds ?? 0) / 1000
        files.append((TarMember(name: file, bytes: answer.bytes, modified: ended), job))
      }
    }
    let now = files.map(\.member.modified).max() ?? 0
    let first = TarMember(name: "manifest.ndjson", bytes: manifest.count, modified: now)
    let last = TarMember(name: "problems.ndjson", bytes: problems.count, modified: now)
    let length = ([first, last] + files.map(\.member)).reduce(TarMember.end.count) {
      $0 + $1.length
    }
    let owner = context.owner
    return Response(
      status: .ok,
      fields: [
        .contentType: "application/x-tar",
        .contentDisposition: "attachment; filename=\"batch-\(id).tar\"",
      ],
      body: .stream(length: length) { [manifest, problems, files] writer in
        try await writer.write(first.header + manifest + first.padding)
        for (member, job) in files {
          try await writer.write(member.header)
          try await send(job, member.bytes, to: writer, for: owner)
          if !member.padding.isEmpty { try await writer.write(member.padding) }
        }
        try await writer.write(last.header + problems + last.padding + TarMember.end)
      })
  }

  /// Sends the bytes of a job's answer, which has exactly so many.
  private func send(
    _ job: JobDocument, _ bytes: Int, to writer: any BodyWriter, for owner: Owner
  ) async throws {
    let answer = try await jobs.answer(of: job, for: owner)
    guard answer.body.length == bytes else { throw Problem.noSuchJob }
    switch answer.body {
    case .whole(let bytes):
      if !bytes.isEmpty { try await writer.write(bytes) }
    case .stream(let stream): try await stream.write { try await writer.write($0) }
    }
    withExtendedLifetime(answer.reservation) {}
  }
}

extension SafeFileNames {
  /// The file of a job's answer; `nil` where it has none but a field.
  fileprivate mutating func name(of job: JobDocument) -> String? {
    guard let answer = job.answer, answer.bytes > 0 else { return nil }
    let format = FeatureRequest.Format.allCases.first { $0.mediaType == answer.mediaType }
    return next(
      job.order.name, else: "image-\(job.place ?? 0)", extension: format?.fileExtension ?? "bin")
  }
}
