import ArgumentParser

/// Works on images one after another: one that fails is reported, and the others are still done.
///
/// Throws the exit status 1 at the end where some failed.
func forEachImage(
  _ images: [String], _ work: (_ image: String, _ name: String) async throws -> Void
) async throws {
  var failures = Failures()
  for (image, name) in zip(images, resultNames(of: images)) {
    do { try await work(image, name) } catch { failures.note(error, of: image) }
  }
  try failures.end(of: images.count)
}

/// Makes images' results one after another, and writes each while the next is made.
///
/// Nothing is written where `make` returns `nil`. Failures are as above.
package func forEachImage<Made: Sendable>(
  _ images: [String], make: (_ image: String, _ name: String) async throws -> Made?,
  write: @escaping @Sendable (Made) async throws -> Void
) async throws {
  var failures = Failures()
  var writing: (image: String, task: Task<Void, any Error>)?
  for (image, name) in zip(images, resultNames(of: images)) {
    let made: Made?
    do { made = try await make(image, name) } catch {
      await failures.wait(for: writing)
      writing = nil
      failures.note(error, of: image)
      continue
    }
    guard let made else { continue }
    await failures.wait(for: writing)
    writing = (image, Task { try await write(made) })
  }
  await failures.wait(for: writing)
  try failures.end(of: images.count)
}

/// The images that failed, each reported once.
private struct Failures {
  private var count = 0

  mutating func note(_ error: any Error, of image: String) {
    count += 1
    report("\(image): \(words(for: error))")
  }

  mutating func wait(for writing: (image: String, task: Task<Void, any Error>)?) async {
    guard let (image, task) = writing else { return }
    do { try await task.value } catch { note(error, of: image) }
  }

  func end(of all: Int) throws {
    guard count > 0 else { return }
    report("\(count) of \(all) failed")
    throw ExitCode.failure
  }
}
