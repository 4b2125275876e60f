import Foundation
import Support
import Testing

/// A worker that cannot begin yet.
@Suite("Work", .timeLimit(.minutes(3))) struct WorkTests {
  @Test func `Work: it ends when it is asked to, also while it waits for the database`()
    async throws
  {
    let place = TemporaryFolder()
    let weights = "\(place.path)/weights"
    try FileManager.default.createDirectory(
      atPath: weights, withIntermediateDirectories: true)
    try TinyWeights("dinov2_registers").write(to: weights, as: "tiny")
    // A port at which no server is.
    let worker = try Program(
      "work", "--jobs", "postgres://eyepiece@127.0.0.1:9/eyepiece", "--shared", place.path,
      "--weights", weights, "--model", "tiny")
    #expect(await eventually { worker.errors.contains("The database of jobs does not answer") })
    kill(worker.process.processIdentifier, SIGTERM)
    let (status, _, errors) = worker.end()
    #expect(status == 0 && errors.contains("Ended"), "\(status) \(errors)")
  }
}
