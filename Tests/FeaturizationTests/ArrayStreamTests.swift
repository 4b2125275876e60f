import Featurization
import Imaging
import Scheduling
import Support
import Tensors
import Testing

@Suite("Parts of answers") struct ArrayStreamTests {
  static let small = Raster.noise(40, 31)

  private func stream(_ query: String, _ image: Raster) async throws -> ArrayStream {
    let answer = try await StubFeaturizer().services.answer(
      image.png(), parse("quality=draft&\(query)"))
    guard case .stream(let stream) = answer.body else {
      throw ParameterError.unknown(name: "an answer that is no stream")
    }
    return stream
  }

  private func bytes(_ stream: ArrayStream, _ part: Range<Int>) async throws -> [UInt8] {
    var all: [UInt8] = []
    try await stream.write(part) { all += $0 }
    return all
  }

  @Test(
    arguments: ["", "dtype=float16", "grid=patch", "output=attention", "points=3,4;39,30;0,0"],
    ["npy", "npz", "raw", "safetensors", "tiff"])
  func `ArrayStream: any part equals that part of the whole`(query: String, format: String)
    async throws
  {
    if format == "tiff", query.hasPrefix("points") { return }
    let stream = try await stream("\(query)&format=\(format)", Self.small)
    let whole = try await bytes(stream, 0..<stream.length)
    #expect(whole.count == stream.length)
    var noise = Noise(seed: 5)
    var edges = [0, 1, 63, 64, 127, 128, 129, stream.length - 1, stream.length]
    edges += (0..<8).map { _ in Int.random(in: 0...stream.length, using: &noise) }
    edges = edges.filter { (0...stream.length).contains($0) }
    for start in edges {
      for end in edges where end >= start {
        let part = try await bytes(stream, start..<end)
        #expect(part == Array(whole[start..<end]), "\(start)..<\(end)")
      }
    }
  }

  @Test(arguments: ["npy", "npz", "raw", "safetensors", "tiff"])
  func `ArrayStream: a part across many pieces equals that part of the whole`(format: String)
    async throws
  {
    // 400 rows of 9,600 bytes, 6 planes of 640,000.
    let stream = try await stream("flips=none&format=\(format)", Raster.noise(400, 400))
    let whole = try await bytes(stream, 0..<stream.length)
    for part in [1_000_000..<3_000_001, 129..<stream.length - 1, 3_000_000..<stream.length] {
      #expect(try await bytes(stream, part) == Array(whole[part]))
    }
  }

  /// A stream of counted bytes in lines of four, and which of each array were made.
  private func counted(
    _ lengths: [Int], as format: ArrayFormat
  ) -> (stream: ArrayStream, made: Box<[Set<Int>]>) {
    let made = Box([Set<Int>](repeating: [], count: lengths.count))
    let arrays = lengths.enumerated().map { index, length in
      (
        outline: ArrayOutline(name: "array\(index)", shape: [length, 1], type: .uint8),
        parts: ArrayParts(
          ChunkedArray(byteCount: length, unitBytes: 1, line: 4, best: 8) { units in
            made.update { $0[index].formUnion(units) }
            return units.map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
          })
      )
    }
    let memory = AnswerMemory(
      queries: StubFeaturizer.queue(for: .queries, runners: 2),
      answers: StubFeaturizer.queue(for: .answers, runners: 10))
    return (ArrayStream(arrays, as: format, metadata: [:], in: memory), made)
  }

  @Test(arguments: [ArrayFormat.npy, .raw, .tiff, .safetensors, .npz], [[12], [13], [13, 5, 8]])
  func `ArrayStream: only units that overlap a part are computed, and earlier ones of an archive`(
    format: ArrayFormat, lengths: [Int]
  ) async throws {
    guard lengths.count == 1 || format.holdsMany else { return }
    let (stream, made) = counted(lengths, as: format)
    let whole = try await bytes(stream, 0..<stream.length)
    // The offset of each array's bytes, found by searching for them.
    let starts = lengths.enumerated().map { index, length in
      let wanted = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
      return (0...whole.count - length).last { Array(whole[$0..<$0 + length]) == wanted } ?? -1
    }
    #expect(starts.allSatisfy { $0 >= 0 })
    for start in 0...stream.length {
      for end in start...stream.length where (start + end) % 3 == 0 || end - start < 4 {
        made.update { $0 = $0.map { _ in [] } }
        #expect(try await bytes(stream, start..<end) == Array(whole[start..<end]))
        for (array, length) in lengths.enumerated() {
          let all = starts[array]..<starts[array] + length
          let wanted = (format == .npz && start < end ? 0 : start)..<end
          let places = wanted.clamped(to: all).map { $0 - starts[array] }
          #expect(made.value[array] == Set(places), "\(start)..<\(end) of array \(array)")
        }
      }
    }
  }
}
