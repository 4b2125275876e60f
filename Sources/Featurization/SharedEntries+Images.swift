import Files

/// Many images at a time.
extension SharedEntries {
  /// Images that are asked about at the same time.
  private static let atOnce = 8

  /// Those of some images that the others do not have.
  func imagesMissing(of images: [Digest]) async throws -> [Digest] {
    var present: Set<Digest> = []
    try await forEach(images) { [self] image in
      try await hasImage(image) ? image : nil
    } _: { image in
      if let image { present.insert(image) }
    }
    return images.filter { !present.contains($0) }
  }

  /// Gives images that are here to the others.
  func publishImages(_ images: Set<Digest>) async throws {
    try await forEach(Array(images)) { [self] image in
      try await publishImage(image)
    } _: { _ in
    }
  }

  private func forEach<Value: Sendable>(
    _ images: [Digest], _ work: @escaping @Sendable (Digest) async throws -> Value,
    _ take: (Value) -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Value.self) { group in
      for (number, image) in images.enumerated() {
        if number >= SharedEntries.atOnce, let value = try await group.next() { take(value) }
        group.addTask { try await work(image) }
      }
      for try await value in group { take(value) }
    }
  }
}
