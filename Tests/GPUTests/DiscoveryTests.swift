import CMockDriver
import Foundation
import GPU
import Support
import Testing

extension Driven {
  @Suite("Discovery of cards") struct DiscoveryTests {
    @Test func `Discovery: the cards are what the driver says`() throws {
      let found = Discovery(Mock().driver)
      #expect(found.absence == nil && found.version == 12_090)
      try #require(found.cards.count == 2)
      let card = found.cards[1]
      #expect(card.name == "Made-up 200" && card.uuid == "GPU-01112131-4151-6171-8191-a1b1c1d1e1f1")
      #expect(card.bytes == 2 << 30 && (card.major, card.minor) == (9, 0))
      #expect(card.multiprocessors == 12 && card.sharedBytes == 99 << 10)
      #expect(!card.hasTimeLimit && !card.isRestricted && card.address == "0000:08:00.0")
      #expect(found.words.contains(card.uuid) && found.words.contains("CUDA 12.9"))
    }

    @Test(arguments: [
      (34, "stub"), (100, "PrivateDevices"), (803, "restart the machine"), (804, "does not fit"),
      (999, "does not say why"), (46, "for itself"),
    ])
    func `Discovery: what keeps the driver from beginning is told by its name`(
      code: Int, words: String
    ) {
      let mock = Mock()
      mock.fail("cuInit", code: code)
      let found = Discovery(mock.driver)
      guard case .refused("cuInit", code, let name) = found.absence else {
        Issue.record("\(found)")
        return
      }
      #expect(name.hasPrefix("CUDA_ERROR_") && found.words.contains("\(code) (\(name))"))
      #expect(found.words.contains(words), "\(found.words)")
      #expect(found.cards.isEmpty)
    }

    @Test func `Discovery: an old driver is told before anything is begun`() {
      let mock = Mock()
      mock_version(11_080)
      let found = Discovery(mock.driver)
      #expect(found.absence == .tooOld(version: 11_080, least: 12_000))
      #expect(found.words.contains("CUDA 11.8 at most, 12.0 is needed"))
      #expect(mock.calls == ["cuDriverGetVersion"])
    }

    @Test func `Discovery: a driver without cards has none`() {
      let mock = Mock()
      mock_cards(0)
      #expect(Discovery(mock.driver).absence != nil)
      mock_reset(1, nil, nil)
      mock.fail("cuDeviceGetCount", code: 100)
      #expect(
        Discovery(mock.driver).absence?.words.contains("cuDeviceGetCount returned 100") == true)
    }

    /// A card that answers in part is not used.
    @Test func `Discovery: the failure of any call is told, and no card is kept`() {
      let calls = { () -> Int in
        let mock = Mock()
        _ = Discovery(mock.driver)
        return mock.calls.count
      }()
      #expect(calls > 20)
      for n in 0..<calls {
        let mock = Mock()
        mock.fail(at: n, code: 999)
        let found = Discovery(mock.driver)
        #expect(found.cards.isEmpty && found.absence != nil, "call \(n)")
      }
    }

    @Test func `Discovery: a file that is no library, and one that is another, are told`() throws {
      let folder = TemporaryFolder()
      try FileManager.default.createDirectory(
        atPath: folder.path, withIntermediateDirectories: true)
      let path = "\(folder.path)/libcuda.so.1"
      try Data("no library".utf8).write(to: URL(filePath: path))
      let damaged = Discovery(library: path)
      #expect(damaged.absence == .noDriver && damaged.attempts.map(\.outcome) == [.notLoaded])
      #expect(damaged.words.contains(path) && damaged.words.contains("too short"))
      let other = Discovery(library: "libz.so.1")
      #expect(other.attempts.map(\.outcome) == [.lacksSymbol])
      #expect(other.words.contains("libz.so.1: it has no cuInit"))
    }

    @Test func `Discovery: five places are looked at, none of them a toolkit's stub`() {
      let found = Discovery(library: nil)
      guard found.absence == .noDriver else { return }
      #expect(found.attempts.count == 5)
      #expect(found.attempts.allSatisfy { $0.place.hasSuffix("libcuda.so.1") && $0.detail != "" })
    }

    @Test func `Discovery: what it is as JSON, it is again`() {
      for found in [Discovery(Mock().driver), Discovery(library: "libz.so.1")] {
        #expect(Discovery(json: found.json) == found)
      }
      #expect(Discovery(json: []) == nil)
    }

    @Test(arguments: [
      (7, nil), (8, "sm_80"), (9, "sm_90a"), (10, "sm_100"), (12, "sm_120"), (13, "compute_80"),
    ])
    func `Kernels: a card has those of its architecture, a later one those to be translated`(
      major: Int32, architecture: String?
    ) throws {
      _ = Mock()
      mock_attribute(75, major)
      let card = try #require(Discovery(Driver(mock_driver())).cards.first)
      #expect(KernelImage.architecture(for: card) == architecture)
      let image = KernelImage.image(for: card)
      #expect(image?.architecture == architecture)
      guard let bytes = image?.bytes else { return }
      // ELF, or text with a zero behind it.
      #expect(bytes.count > 10_000)
      #expect(major == 13 ? bytes.last == 0 : bytes.prefix(4) == [0x7f, 0x45, 0x4c, 0x46])
    }

    @Test(arguments: [("false", "status 1"), ("/nowhere", "cannot be started")])
    func `Discovery: a program that does not answer is told`(program: String, words: String) {
      let path = program.hasPrefix("/") ? program : "/usr/bin/\(program)"
      let found = Discovery.asked(of: URL(filePath: path), [])
      #expect(found.words.contains(words), "\(found.words)")
    }

    @Test func `Discovery: a program that hangs is ended`() {
      let found = Discovery.asked(of: URL(filePath: "/usr/bin/sleep"), ["60"], within: 1)
      #expect(found.words.contains("within 1 s"))
    }
  }
}

/// Tests that use the made-up driver, of which there is one.
@Suite(.serialized) enum Driven {}

@Suite("Choice of cards") struct CardChoiceTests {
  @Test func `Choice: its words`() {
    #expect(CardChoice("off") == CardChoice.none && CardChoice("auto") == .all)
    #expect(
      CardChoice("GPU-1") == .one(uuid: "GPU-1") && CardChoice("MIG-2") == .one(uuid: "MIG-2"))
    for text in ["", "on", "0", "AUTO", "gpu-1"] { #expect(CardChoice(text) == nil, "\(text)") }
  }
}

@Suite("Reactions") struct ReactionTests {
  /// What follows from each error that a driver may report.
  @Test(arguments: [
    (100, Reaction.noCard), (34, .noCard), (803, .noCard), (804, .noCard), (102, .noCard),
    (209, .otherKernels), (200, .otherKernels), (222, .otherKernels), (2, .lessMemory),
    (46, .wait), (805, .wait), (810, .wait), (700, .endProcess), (719, .endProcess),
    (214, .endProcess), (220, .endProcess), (702, .endProcess), (226, .endProcess),
    (710, .endProcess), (999, .endProcess), (12345, .endProcess),
  ])
  func `Reaction: each code has one`(code: Int, reaction: Reaction) {
    #expect(Reaction(code: code) == reaction)
  }
}
