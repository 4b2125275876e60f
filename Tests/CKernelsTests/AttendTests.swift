import CKernelEmulator
import CKernels
import Foundation
import Support
import Testing

/// A card's attention, against softmaxes of float64.
@Suite("Kernels: attention") struct AttendTests {
  /// Queries, keys and values of some views, and what their queries find.
  struct Views {
    let kind: Kind
    let views: Int
    let tokens: Int
    let heads: Int
    let qkv: Operand
    let found: Operand
    let flags: CardMemory<UInt32>

    init(_ kind: Kind, views: Int = 1, tokens: Int, heads: Int = 1) {
      (self.kind, self.views, self.tokens, self.heads) = (kind, views, tokens, heads)
      var numbers = SeededNumbers(seed: tokens)
      qkv = Operand(
        kind, rows: views * tokens, columns: 3 * heads * 64, deviation: 1.5, &numbers)
      found = Operand(kind, rows: views * tokens, columns: heads * 64)
      flags = CardMemory([UInt32](repeating: 0, count: views))
    }

    /// Starts the views from one on, in one launch or one for each block of queries.
    func run(
      from view: Int = 0, count: Int? = nil, cut: Bool = false, seed: UInt64 = 1,
      planting fault: emulator_fault = FAULT_NONE
    ) -> emulator_outcome {
      let blocks = (tokens + 127) / 128
      var p = attend_arguments()
      p.qkv = qkv.address + UInt64(view * tokens * qkv.columns * kind.parts * 2)
      (p.y, p.flags) = (found.address, flags.address)
      (p.tokens, p.heads) = (UInt32(tokens), UInt32(heads))
      p.scale = Float(1.4426950408889634 / 8)
      var outcome = EMULATOR_DONE
      for first in 0..<(cut ? blocks : 1) where outcome == EMULATOR_DONE {
        p.first = UInt32(first)
        outcome = launch(
          "attend_\(kind)", (cut ? 1 : blocks, heads, count ?? views), p, seed: seed,
          planting: fault)
      }
      return outcome
    }

    /// softmax(q kᵀ / 8) v of all rows.
    func exact() -> [Double] {
      let dim = heads * 64
      return (0..<views * tokens).flatMap { row in
        let first = row / tokens * tokens
        return (0..<heads).flatMap { head in
          let scores = (first..<first + tokens).map { key in
            (head * 64..<head * 64 + 64).reduce(0) {
              $0 + qkv.exact(row, $1) * qkv.exact(key, dim + $1)
            } / 8
          }
          let top = scores.max() ?? 0
          let powers = scores.map { exp($0 - top) }
          let total = powers.reduce(0, +)
          var sums = [Double](repeating: 0, count: 64)
          for (key, power) in powers.enumerated() {
            for d in 0..<64 {
              sums[d] += power / total * qkv.exact(first + key, 2 * dim + head * 64 + d)
            }
          }
          return sums
        }
      }
    }

    func error(seed: UInt64 = 1, planting fault: emulator_fault = FAULT_NONE) -> Double {
      guard run(seed: seed, planting: fault) == EMULATOR_DONE else { return .infinity }
      return relativeError(found.values, exact())
    }
  }

  @Test(arguments: Kind.allCases, [1, 63, 64, 65, 330])
  func `any number of tokens finds what float64 finds, to the operands' rounding`(
    kind: Kind, tokens: Int
  ) {
    let views = Views(kind, tokens: tokens)
    let error = views.error()
    print("attention, \(kind), \(tokens) tokens: \(error)")
    #expect(error <= kind.bound)
    #expect(views.flags.values == [0])
  }

  @Test(arguments: Kind.allCases)
  func `views and heads are apart`(kind: Kind) {
    #expect(Views(kind, views: 2, tokens: 40, heads: 3).error() <= kind.bound)
  }

  @Test(arguments: Kind.allCases)
  func `a view's bytes are the same alone, among others, and however launches are cut`(kind: Kind) {
    let batch = Views(kind, views: 3, tokens: 140, heads: 1)
    #expect(batch.run(seed: 1) == EMULATOR_DONE)
    let all = batch.found.bits(0..<3 * 140)
    #expect(batch.run(cut: true, seed: 2) == EMULATOR_DONE)
    #expect(batch.found.bits(0..<3 * 140) == all)
    #expect(batch.run(from: 2, count: 1, seed: 3) == EMULATOR_DONE)
    #expect(batch.found.bits(0..<140) == Array(all.suffix(140 * 64 * kind.parts)))
  }

  @Test(
    arguments: [Kind.float16, .split16],
    [
      FAULT_WRONG_SWIZZLE, FAULT_NO_SWIZZLE, FAULT_MISSING_MASK, FAULT_SUM_NOT_RESCALED,
      FAULT_MISSING_BARRIER_AFTER_WAIT, FAULT_MISSING_BARRIER_AT_END, FAULT_WAIT_FOR_TOO_FEW,
    ])
  func `a planted fault is found`(kind: Kind, fault: emulator_fault) {
    #expect(Views(kind, tokens: 200).error(planting: fault) > 2 * kind.bound)
  }
}
