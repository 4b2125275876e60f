import Tensors
import Checkpoints
import LinearAlgebra
import Support
import Testing

@Suite("Weights") struct WeightsTests {
  static let file = fileBytes(
    header: "{" + member("blocks.3.attn.qkv.weight", "F32", [3, 2], 0, 24) + ","
      + member("blocks.3.attn.qkv.bias", "F32", [3], 24, 36) + ","
      + member("pos_embed", "F32", [1, 2, 2], 36, 52) + ","
      + member("counter", "C64", [1], 52, 60) + "}",
    data: bytes(of: (0..<13).map { Float($0) }) + bytes(of: [5, 0]))

  private func withWeights(_ body: (Weights) throws -> Void) throws {
    try withFile(Self.file) { path in try body(Weights(Checkpoint(path: path))) }
  }

  @Test
  func `names are walked from the outside in`() throws {
    try withWeights { weights in
      let qkv = weights["blocks"][3]["attn"]["qkv"]
      let matrix = try qkv.matrix("weight", 3, 2)
      #expect((0..<3).map { matrix.row($0) } == [[0, 1], [2, 3], [4, 5]])
      let bias = try qkv.vector("bias", 3)
      #expect(bias.rows == 1 && bias.row(0) == [6, 7, 8])
      let table = try weights.matrix("pos_embed", shape: [1, 2, 2], rows: 2)
      #expect(table.rows == 2 && table.row(1) == [11, 12])
    }
  }

  @Test(arguments: [[3, 3], [2, 3], [6], [3, 2, 1], [1, 3, 2], []])
  func `a shape that was not expected is told with the one found`(wanted: [Int]) throws {
    try withWeights { weights in
      let error = CheckpointError.wrongShape(
        tensor: "blocks.3.attn.qkv.weight", wanted: wanted, found: [3, 2])
      #expect(throws: error) {
        try weights["blocks"][3]["attn"].tensor("qkv.weight", wanted)
      }
    }
  }

  @Test
  func `what is missing, or no number, is named in full`() throws {
    try withWeights { weights in
      #expect(throws: CheckpointError.missing(tensor: "blocks.4.bias")) {
        try weights["blocks"][4].vector("bias", 3)
      }
      #expect(throws: CheckpointError.notConvertible(tensor: "counter", dataType: .c64)) {
        try weights.vector("counter", 1)
      }
    }
  }

  @Test
  func `what nobody has read is listed under every prefix`() throws {
    try withWeights { weights in
      let qkv = weights["blocks"][3]["attn"]["qkv"]
      #expect(weights.unread.count == 4)
      _ = try qkv.vector("bias", 3)
      _ = try? qkv.vector("weight", 3)
      #expect(
        weights.unread == ["blocks.3.attn.qkv.weight", "counter", "pos_embed"])
      #expect(weights["blocks"].unread == ["blocks.3.attn.qkv.weight"])
    }
  }

  @Test
  func `fallback: it takes the place of a tensor that the file lacks, and of no other`() throws {
    try withWeights { weights in
      let zeros = try weights.tensor("none", [2], orElse: .zeros)
      let values = try weights.tensor("none", [2], orElse: .values([3, 4]))
      let stored = try weights.tensor("pos_embed", [1, 2, 2], orElse: .zeros)
      #expect(zeros.values == [0, 0] && values.values == [3, 4])
      #expect(stored.values == [9, 10, 11, 12])
      #expect(
        throws: CheckpointError.wrongShape(tensor: "pos_embed", wanted: [4], found: [1, 2, 2])
      ) { try weights.tensor("pos_embed", [4], orElse: .zeros) }
      #expect(!weights.unread.contains("pos_embed"))
    }
  }

  @Test
  func `recording: it notes names and shapes in order, and answers without values`() throws {
    let wide = 1 << 40
    let requests = try Weights.requests { weights throws(CheckpointError) in
      let table = try weights["blocks"][3].tensor("table", [wide, wide])
      #expect(table.shape == [wide, wide] && table.values == nil)
      let made = Tensor([2], of: [table]) { _ in [1, 2] }
      #expect(made.shape == [2] && made.values == nil)
      for matrix in [
        made.matrix(), table.matrix(), try weights.vector("bias", wide),
        try weights.matrix("weight", wide, 2),
      ] {
        #expect(matrix.count == 0)
      }
      let scale = try weights.scalar("scale")
      #expect(scale == 0)
      _ = try weights.tensor("last", [2], orElse: .values([5, 6]))
      #expect(weights.unread == [])
    }
    #expect(
      requests.map(\.name) == ["blocks.3.table", "bias", "weight", "scale", "last"])
    #expect(requests.map(\.shape) == [[wide, wide], [wide], [wide, 2], [], [2]])
    #expect(requests.map(\.fallback) == [nil, nil, nil, nil, .values([5, 6])])
  }
}
