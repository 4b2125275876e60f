import Foundation
import Support
import Testing

/// A worker that cannot begin yet.
@Suite("Work", .timeLimit(.minutes(3))) struct WorkTests {
  @Test func `Work: it ends when it is asked to, also while it waits for the database`() throws {
    let place = TemporaryFolder()
    let weights = "\(place.path)/weights"
    try FileManager.default.createDirectory(
      atPath: weights, withIntermediateDirectories: true)
    try TinyWeights("dinov2_registers").write(to: weights, as: "tiny")
    // Port 9 is that of a service that discards; nobody has it.
    let worker = try Program(
      "work", "--jobs", "postgres://eyepiece@127.0.0.1:9/eyepiece", "--shared", place.path,
      "--weights", weights, "--model", "tiny")
    let output = worker.output.fileHandleForReading
    var text = ""
    while !text.contains("does not answer") {
      let more = output.availableData
      guard !more.isEmpty else { break }
      text += String(decoding: more, as: UTF8.self)
    }
    #expect(text.contains("The database of jobs does not answer"), "\(text)")
    kill(worker.process.processIdentifier, SIGTERM)
    let (status, rest, errors) = worker.end()
    #expect(status == 0 && rest.contains("Ended"), "\(status) \(rest) \(errors)")
  }
}
