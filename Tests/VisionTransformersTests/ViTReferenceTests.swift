import Checkpoints
import Encoders
import Foundation
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// Small random models of every plain family, whose outputs were checked against the published
/// code.
@Suite(
  "Plain transformers, reference fixtures",
  .enabled(if: Places.have(Places.modelFixtures, for: "Plain transformers, reference fixtures")))
struct ViTReferenceTests {
  /// A model, an input, and the name of the expected tokens.
  struct Case: Sendable, CustomTestStringConvertible {
    let model: String
    let input: String
    let tokens: String

    init(_ model: String, _ input: String, _ tokens: String? = nil) {
      (self.model, self.input, self.tokens) = (model, input, tokens ?? "out.\(input)")
    }

    var testDescription: String { "\(model), \(input)" }
  }

  static let cases =
    ["dinov2_tiny", "dinov2_reg4_tiny", "dinov2_swiglu_tiny"].flatMap { model in
      ["sq", "a", "b"].map { Case(model, $0) }
    }
    + ["sq", "tall", "wide"].map { Case("dino_tiny", $0) }
    + ["dinov3_tiny", "dinov3_swiglu_tiny"].flatMap { [Case($0, "sq"), Case($0, "a")] }
    + [Case("deit_distilled_tiny", "sq", "out.tokens")]

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude.
  @Test(arguments: cases) func `ViT: final tokens equal the reference's`(one: Case) async throws {
    let tiny = try TinyModel.reference(one.model)
    let encoding = try await tiny.encoding(of: one.input)
    let (dim, prefix) = (tiny.card.dim, tiny.card.classTokens + tiny.card.registers)
    let expected = try tiny.file.floats(one.tokens)
    for (part, agreement) in [
      ("class", Agreement(encoding.classToken, Array(expected.prefix(dim)))),
      (
        "patches",
        Agreement(encoding.patches.vectors.values, Array(expected.dropFirst(prefix * dim)))
      ),
    ] {
      print("\(one.model), \(one.input), \(part): \(agreement)")
      #expect(agreement.relative <= 2e-5 && agreement.cosine >= 0.999999)
    }
  }

  /// Tolerance: |Δ| ≤ 2e-6.
  @Test
  func `ViT: the class token's attention to the patches equals the reference's`() async throws {
    let tiny = try TinyModel.reference("dino_tiny")
    let attention = try await tiny.encoding(of: "sq").classAttention[.softmax].vectors
    let all = try tiny.file.floats("out.sq_last_attention")
    let expected = (0..<64).flatMap { patch in (0..<4).map { all[$0 * 65 * 65 + 1 + patch] } }
    let agreement = Agreement(attention.values, expected)
    print("dino_tiny, attention: \(agreement)")
    #expect(agreement.difference <= 2e-6)
  }

  @Test func `ViT: a distilled model's logits are the mean of two heads'`() async throws {
    let tiny = try TinyModel.reference("deit_distilled_tiny")
    let logits = try #require(try await tiny.encoding(of: "sq").logits)
    let agreement = Agreement(logits, try tiny.file.floats("out.logits"))
    print("deit_distilled_tiny, logits: \(agreement)")
    #expect(agreement.relative <= 2e-5)
    let ofClassToken = Agreement(logits, try tiny.file.floats("out.logits_cls"))
    #expect(ofClassToken.relative > 0.1)
  }

  @Test(arguments: [
    ("dino_tiny", 0), ("deit_distilled_tiny", 0), ("dinov2_reg4_tiny", 1), ("dinov3_tiny", 3),
    ("dinov3_swiglu_tiny", 3),
  ])
  func `ViT: every tensor except masks is read`(name: String, count: Int) throws {
    let tiny = try TinyModel.reference(name)
    let unread = tiny.weights.unread
    #expect(unread.count == count && unread.allSatisfy { $0.contains("mask") }, "\(unread)")
  }
}
