import Catalogue
import Checkpoints
import Encoders
import Foundation
import FuzzTargets
import Support
import Testing

/// What the fuzzer found worth keeping is read again in every run of the tests.
@Suite("Corpus") struct CorpusTests {
  static let folder = packageFolder.appending(path: "Tests/Fixtures/Corpus")

  /// The bytes in a target's folder, by name.
  static func corpus(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = folder.appending(path: target.rawValue)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0))))
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func `whatever was found is read without complaint`(target: FuzzTarget) throws {
    let corpus = try Self.corpus(of: target)
    #expect(corpus.count >= 5)
    for (name, bytes) in corpus {
      let complaint = target.complaint(about: bytes)
      #expect(complaint == nil, "\(target)/\(name): \(complaint ?? "")")
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func `damage to it is read without complaint too`(target: FuzzTarget) throws {
    let corpus = try Self.corpus(of: target)
    var numbers = SeededNumbers(seed: 1)
    for round in 0..<300 {
      var (name, bytes) = corpus[round % corpus.count]
      for _ in 0...numbers.below(4) where !bytes.isEmpty {
        let place = numbers.below(bytes.count)
        switch numbers.below(3) {
        case 0: bytes[place] = UInt8(numbers.below(256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes[place], at: place)
        }
      }
      if bytes.count > 20_000 { bytes.removeLast(bytes.count - 20_000) }
      let complaint = target.complaint(about: bytes)
      #expect(complaint == nil, "\(target)/\(name), round \(round): \(complaint ?? "")")
    }
  }

  @Test(arguments: [
    (FuzzTarget.pytorch, "plain", "plain"), (.pytorch, "decoding-deflated", "decoding"),
    (.pytorch, "rotary", "rotary"), (.pytorch, "torchvision", "plain"),
    (.pytorch, "transformers", "plain"), (.legacy, "plain", "plain"), (.legacy, "rotary", "rotary"),
    (.shards, "plain", "plain"), (.shards, "transformers", "plain"),
  ])
  func `trials of checkpoints begin with whole models`(
    target: FuzzTarget, name: String, card: String
  ) throws {
    let file = try #require(try Self.corpus(of: target).first { $0.name == name })
    let checkpoint = try ModelFiles.checkpoint(of: file.bytes, as: target)
    #expect(try TinyCards.catalogue.recognise(checkpoint).card.name == card)
  }
}
