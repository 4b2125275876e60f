import CKernelEmulator
import CKernels
import Foundation
import Support
import Testing

/// A card's relation of the class token to patches, against float64.
@Suite("Kernels: class token") struct ClassTokenTests {
  @Test(arguments: Kind.allCases, [2, 63, 64, 65, 330])
  func `all five numbers of every patch and head are those of float64`(kind: Kind, tokens: Int) {
    let (views, heads) = (2, 2)
    let prefix = tokens > 5 ? 5 : 1
    let (dim, patches) = (heads * 64, tokens - prefix)
    var numbers = SeededNumbers(seed: tokens)
    let qkv = Operand(kind, rows: views * tokens, columns: 3 * dim, deviation: 1.5, &numbers)
    let attended = Operand(kind, rows: views * tokens, columns: dim, deviation: 1, &numbers)
    let angles = (0..<tokens * 32).map { _ in Double.random(in: -4...4, using: &numbers) }
    let turns = CardMemory<Float>(angles.flatMap { [Float(cos($0)), Float(sin($0))] })
    let scores = CardMemory<Float>(count: views * heads * tokens)
    for isTurned in [false, true] {
      let result = CardMemory<Float>(count: views * patches * 5 * heads)
      var p = class_scores_arguments()
      (p.qkv, p.attended) = (qkv.address, attended.address)
      p.rotation = isTurned ? turns.address : 0
      (p.scores, p.result) = (scores.address, result.address)
      (p.tokens, p.prefix, p.heads) = (UInt32(tokens), UInt32(prefix), UInt32(heads))
      p.scale = Float(1.4426950408889634 / 8)
      let grid = ((tokens + 127) / 128, heads, views)
      #expect(launch("class_scores_\(kind)", grid, p) == EMULATOR_DONE)
      var q = class_softmax_arguments()
      (q.scores, q.result) = (scores.address, result.address)
      (q.tokens, q.prefix, q.heads) = (UInt32(tokens), UInt32(prefix), UInt32(heads))
      #expect(launch("class_softmax", (heads, views, 1), q) == EMULATOR_DONE)

      func part(_ index: Int, _ row: Int, _ head: Int) -> [Double] {
        (0..<64).map { qkv.exact(row, index * dim + head * 64 + $0) }
      }
      for kind in 0..<5 {
        var (found, exact): ([Double], [Double]) = ([], [])
        for (view, head) in (0..<views).flatMap({ view in (0..<heads).map { (view, $0) } }) {
          let first = view * tokens
          let query = part(0, first, head)
          let powers = (0..<tokens).map {
            exp(zip(query, part(1, first + $0, head)).reduce(0) { $0 + $1.0 * $1.1 } / 8)
          }
          let total = powers.reduce(0, +)
          let output = (0..<64).map { attended.exact(first, head * 64 + $0) }
          for token in prefix..<tokens {
            let row = first + token
            let at = (view * patches + token - prefix) * 5 * heads + kind * heads + head
            found.append(Double(result[at]))
            switch kind {
            case 0: exact.append(powers[token] / total)
            case 1: exact.append(zip(output, part(2, row, head)).reduce(0) { $0 + $1.0 * $1.1 })
            case 4: exact.append(part(2, row, head).reduce(0, +))
            case let number:
              let values = part(number - 2, row, head)
              let turns = Array(angles[token * 32..<token * 32 + 32])
              exact.append(
                (isTurned ? turnedBack(values, by: turns) : values).reduce(0, +))
            }
          }
        }
        #expect(relativeError(found, exact) <= 2e-6, "kind \(kind), turned: \(isTurned)")
      }
    }
  }
}
