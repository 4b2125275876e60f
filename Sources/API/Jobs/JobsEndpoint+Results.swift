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

  /// `GET /batches/{batch}/results`: the manifest, or an archive of it and the answers.
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
      case .tar: return try await archive(.tar, format, id, scope, context)
      case .zip: return try await archive(.zip, format, id, scope, context)
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
    _ kind: ArchiveFrame.Kind, _ format: ResultsFormat, _ id: BatchID, _ scope: JobScope,
    _ context: RequestContext
  ) async throws -> Response {
    var names = SafeFileNames()
    var (manifest, problems) = ([UInt8](), [UInt8]())
    var files: [(member: Member, job: JobDocument)] = []
    try await jobs.members(of: id, for: scope) { page in
      for job in page {
        let file = names.name(of: job)
        let line = jsonLine(ManifestLine(job, file: file)) + [10]
        manifest += line
        if job.state == .failed { problems += line }
        guard let file, let answer = job.answer else { continue }
        let ended = (job.ended?.milliseconds ?? 0) / 1000
        files.append(((file, answer.bytes, ended), job))
      }
    }
    let now = files.map(\.member.modified).max() ?? 0
    let first: Member = ("manifest.ndjson", manifest.count, now)
    let last: Member = ("problems.ndjson", problems.count, now)
    let frame = ArchiveFrame(kind, [first] + files.map(\.member) + [last])
    let owner = context.owner
    return Response(
      status: .ok,
      fields: [
        .contentType: format.type,
        .contentDisposition: "attachment; filename=\"batch-\(id).\(format.rawValue)\"",
      ],
      body: .stream(length: frame.length) { [manifest, problems, files] writer in
        var frame = frame
        try await writer.write(frame.begin() + manifest)
        frame.pass(manifest)
        for (member, job) in files {
          try await writer.write(frame.begin())
          try await send(job, member.bytes, to: writer, for: owner) { frame.pass($0) }
        }
        try await writer.write(frame.begin() + problems)
        frame.pass(problems)
        try await writer.write(frame.end())
      })
  }

  private typealias Member = (name: String, bytes: Int, modified: Int)

  /// Sends the bytes of a job's answer, which has exactly so many, and shows them to `note`.
  private func send(
    _ job: JobDocument, _ bytes: Int, to writer: any BodyWriter, for owner: Owner,
    _ note: ([UInt8]) -> Void
  ) async throws {
    let answer = try await jobs.answer(of: job, for: owner)
    guard answer.body.length == bytes else { throw Problem.noSuchJob }
    switch answer.body {
    case .whole(let bytes):
      note(bytes)
      if !bytes.isEmpty { try await writer.write(bytes) }
    case .stream(let stream):
      try await stream.write { bytes in
        note(bytes)
        try await writer.write(bytes)
      }
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
