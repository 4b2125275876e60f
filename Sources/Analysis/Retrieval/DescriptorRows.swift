package import Files
import LinearAlgebra

/// One descriptor of many fields, as blocks of unit vectors; only those of one group are compared.
package struct DescriptorRows<Group: Hashable & Sendable>: Sendable {
  /// A field's vector, `[dim]`, as long as all of its group.
  package struct Row: Sendable {
    package let field: Digest
    package let image: Digest
    package let group: Group
    package let vector: [Float]

    package init(field: Digest, image: Digest, group: Group, vector: [Float]) {
      (self.field, self.image, self.group, self.vector) = (field, image, group, vector)
    }

    /// Bytes of memory as a row of a block, roughly.
    package var bytes: Int { DescriptorRows.bytes(of: 1, dim: vector.count) }
  }

  /// Fields of one group.
  package struct Block: Sendable {
    package fileprivate(set) var fields: [Digest]
    /// The fields' images.
    package fileprivate(set) var images: [Digest]
    package fileprivate(set) var index: DescriptorIndex
  }

  private var groups: [Group: [Block]] = [:]
  /// All fields.
  package private(set) var fields: Set<Digest> = []
  /// Bytes of memory, roughly.
  package private(set) var bytes = 0

  package init() {}

  /// The most fields of one block: what is copied when a field comes.
  package static var mostOfBlock: Int { 1024 }
  /// A digest and its place in a table, for field and image.
  private static var bytesOfNames: Int { 256 }

  private static func bytes(of count: Int, dim: Int) -> Int { count * (4 * dim + bytesOfNames) }

  package func blocks(of group: Group) -> [Block] { groups[group] ?? [] }

  /// Takes in fields, of which those stay as they are that are there.
  package mutating func add(_ rows: [Row]) {
    let new = rows.filter { fields.insert($0.field).inserted }
    for (group, rows) in Dictionary(grouping: new, by: \.group) {
      var (blocks, rest) = (groups[group] ?? [], rows[...])
      while !rest.isEmpty {
        let last = blocks.last.flatMap { $0.fields.count < Self.mostOfBlock ? $0 : nil }
        let block = Block(rest.prefix(Self.mostOfBlock - (last?.fields.count ?? 0)))
        rest = rest.dropFirst(block.fields.count)
        if let last {
          blocks[blocks.count - 1] = last.keeping(Array(last.fields.indices), then: block)
        } else {
          blocks.append(block)
        }
      }
      groups[group] = blocks
      bytes += Self.bytes(of: rows.count, dim: rows[0].vector.count)
    }
  }

  /// Forgets all fields but these.
  package mutating func keep(_ wanted: Set<Digest>) {
    let leaving = fields.subtracting(wanted)
    guard !leaving.isEmpty else { return }
    fields.subtract(leaving)
    for (group, blocks) in groups {
      let kept = blocks.map { block in
        block.keeping(block.fields.indices.filter { !leaving.contains(block.fields[$0]) })
      }
      for (old, new) in zip(blocks, kept) {
        bytes -= Self.bytes(of: old.fields.count - new.fields.count, dim: old.index.dim)
      }
      let left = kept.filter { !$0.fields.isEmpty }
      groups[group] = left.isEmpty ? nil : left
    }
  }
}

extension DescriptorRows.Block {
  fileprivate init(_ rows: ArraySlice<DescriptorRows.Row>) {
    fields = rows.map(\.field)
    images = rows.map(\.image)
    index = DescriptorIndex(
      Matrix(
        rows: rows.count, columns: rows[rows.startIndex].vector.count, rows.flatMap(\.vector)))
  }

  fileprivate func keeping(_ rows: [Int], then other: Self? = nil) -> Self {
    guard rows.count < fields.count || other != nil else { return self }
    var block = self
    block.fields = rows.map { fields[$0] } + (other?.fields ?? [])
    block.images = rows.map { images[$0] } + (other?.images ?? [])
    block.index = index.keeping(rows, then: other?.index)
    return block
  }
}
