import Cache
package import Files
import Foundation
package import Scheduling

/// Answers that jobs made, on disk, for those who ask for the same later.
///
/// An entry is one line of JSON with what is known about the answer, then its bytes. What reads or
/// writes files runs on a queue's threads.
package final class AnswerStore: Sendable {
  static let namespace = Namespace("answers")
  /// The maximum bytes of the first line; a longer one is not of this format.
  private static let longestLine = 1 << 20

  private let disk: DiskStore?
  private let shared: SharedEntries?
  private let queries: JobQueue
  /// Counts the bytes that answers hold while clients read them.
  private let answers: JobQueue

  init(disk: DiskStore?, shared: SharedEntries?, queries: JobQueue, answers: JobQueue) {
    (self.disk, self.shared, self.queries, self.answers) = (disk, shared, queries, answers)
  }

  /// What an answer is beside its bytes.
  private struct Facts: Codable {
    let field: Digest
    let model: String
    let precision: String
    let shape: [Int]
    let format: FeatureRequest.Format
    let source: SourceDescription?
    let lastPage: Int?
    let loss: Double?
    let classifier: Digest?
  }

  /// Keeps an answer, whose bytes these are, where it outlives the process.
  ///
  /// Throws `FeaturizationError.noRoom`.
  package func keep(_ answer: Answer, _ bytes: [UInt8]) async throws {
    guard let disk else { throw FeaturizationError.noRoom(bytes: bytes.count) }
    try await queries.run {
      let facts = Facts(
        field: answer.field, model: answer.model, precision: answer.precision,
        shape: answer.shape, format: answer.format, source: answer.source,
        lastPage: answer.lastPage, loss: answer.loss, classifier: answer.classifier)
      let line = Array(canonical(facts).utf8) + [UInt8(ascii: "\n")]
      let outcome = disk.write(
        answer.name, in: AnswerStore.namespace, payload: line.count + bytes.count
      ) { writer in
        writer.append(line)
        writer.append(bytes)
      }
      guard outcome == .stored else { throw FeaturizationError.noRoom(bytes: bytes.count) }
    }
  }

  package func contains(_ name: Digest) -> Bool {
    disk?.contains(name, in: AnswerStore.namespace) ?? false
  }

  /// Whether an answer is here, now that it was brought if other machines made it.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`.
  package func isBrought(_ name: Digest) async throws -> Bool {
    if contains(name) { return true }
    return try await shared?.bring(name, in: AnswerStore.namespace) ?? false
  }

  /// The answer of a name, brought here if other machines made it; `nil` where none keeps it.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`, and as `answer`.
  package func answerOfAnyone(named name: Digest, for owner: Owner) async throws -> Answer? {
    guard try await isBrought(name) else { return nil }
    return try await answer(named: name, for: owner)
  }

  /// Gives an answer that is here to the machines that share.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`.
  package func publish(_ name: Digest) async throws {
    try await shared?.publish(name, in: AnswerStore.namespace)
  }

  /// The answer of a name; `nil` where none is kept here.
  ///
  /// Throws `JobError` while too many bytes of answers are being read.
  package func answer(named name: Digest, for owner: Owner) async throws -> Answer? {
    guard let disk, let bytes = disk.size(of: name, in: AnswerStore.namespace) else { return nil }
    let memory = try await AnswerMemory(
      queries: queries, answers: answers, bytes: bytes, owner: owner)
    let begun = ContinuousClock.now
    let found = try await queries.run(for: owner) {
      disk.read(name, in: AnswerStore.namespace) { entry -> (Facts, [UInt8])? in
        guard let line = entry.line(limit: AnswerStore.longestLine),
          let facts = try? JSONDecoder().decode(Facts.self, from: Data(line)),
          let bytes = entry.numbers(UInt8.self, entry.remaining)
        else { return nil }
        return (facts, bytes)
      }
    }
    guard let (facts, content) = found else { return nil }
    var answer = Answer(
      name: name, field: facts.field, model: facts.model, precision: facts.precision,
      shape: facts.shape, format: facts.format, source: facts.source,
      timings: [Answer.Timing(stage: "read", duration: ContinuousClock.now - begun)],
      body: .whole(content))
    (answer.lastPage, answer.loss, answer.classifier) =
      (facts.lastPage, facts.loss, facts.classifier)
    answer.reservation = memory.reservation(of: answer.body)
    return answer
  }
}
