import Analysis
import Files
import Support
import Testing

@Suite("Rows of descriptors") struct DescriptorRowsTests {
  private typealias Rows = DescriptorRows<Int>

  private func digest(_ number: Int) -> Digest { SHA256.digest(of: Array("\(number)".utf8)) }

  private func row(_ number: Int, _ chance: inout SeededNumbers) -> Rows.Row {
    let group = number % 3
    return Rows.Row(
      field: digest(number), image: digest(number / 2), group: group,
      vector: chance.floats(4 + group))
  }

  /// The cosine of each field of a group with a vector.
  private func cosines(_ rows: Rows, _ group: Int, _ query: [Float]) -> [Digest: Float] {
    var found: [Digest: Float] = [:]
    for block in rows.blocks(of: group) {
      #expect(block.fields.count == block.index.count && block.images.count == block.fields.count)
      #expect(block.fields.count <= Rows.mostOfBlock)
      for (field, cosine) in zip(block.fields, block.index.cosines(with: query)) {
        #expect(found.updateValue(cosine, forKey: field) == nil)
      }
    }
    return found
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Float {
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return Float(dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot())
  }

  @Test(arguments: 1...8)
  func `DescriptorRows: all kept fields are there once, whatever came and went`(seed: Int) {
    var chance = SeededNumbers(seed: seed)
    var rows = Rows()
    var expected: [Digest: Rows.Row] = [:]
    for step in 0..<12 {
      let new = (0..<chance.below(900)).map { _ in row(chance.below(4000), &chance) }
      for row in new where expected[row.field] == nil { expected[row.field] = row }
      rows.add(new)
      if step % 3 == 2 {
        let wanted = Set(expected.keys.filter { _ in chance.below(4) > 0 })
        rows.keep(wanted)
        expected = expected.filter { wanted.contains($0.key) }
      }
      #expect(rows.fields == Set(expected.keys))
      #expect(rows.bytes == expected.values.reduce(0) { $0 + $1.bytes })
    }
    for group in 0..<3 {
      let query = chance.floats(4 + group)
      let found = cosines(rows, group, query)
      let wanted = expected.filter { $0.value.group == group }
      #expect(Set(found.keys) == Set(wanted.keys) && !wanted.isEmpty)
      for (field, row) in wanted {
        #expect(abs((found[field] ?? 2) - cosine(row.vector, query)) < 1e-6)
      }
      for block in rows.blocks(of: group) {
        for (field, image) in zip(block.fields, block.images) {
          #expect(image == wanted[field]?.image)
        }
      }
    }
    #expect(rows.blocks(of: 7).isEmpty)
  }

  @Test func `DescriptorRows: a cosine does not depend on what else is there`() {
    var chance = SeededNumbers(seed: 3)
    let all = (0..<2600).map { row(3 * $0, &chance) }
    let query = chance.floats(4)
    var (whole, few) = (Rows(), Rows())
    whole.add(all)
    for row in all.reversed().prefix(70) { few.add([row]) }
    let (found, alone) = (cosines(whole, 0, query), cosines(few, 0, query))
    #expect(found.count == 2600 && alone.count == 70)
    for (field, cosine) in alone { #expect(found[field] == cosine) }
  }
}
