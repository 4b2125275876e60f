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
      + member("counter", "I64", [1], 52, 60) + "}",
    data: bytes(of: (0..<13).map { Float($0) }) + littleEndian(Int64(5)))

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
        try weights["blocks"][3]["attn"].values("qkv.weight", shape: wanted)
      }
    }
  }

  @Test
  func `what is missing, or no number, is named in full`() throws {
    try withWeights { weights in
      #expect(throws: CheckpointError.missing(tensor: "blocks.4.bias")) {
        try weights["blocks"][4].vector("bias", 3)
      }
      #expect(throws: CheckpointError.notConvertible(tensor: "counter", dataType: .i64)) {
        try weights.vector("counter", 1)
      }
    }
  }

  @Test
  func `what nobody has read is listed under every prefix`() throws {
    try withWeights { weights in
      let qkv = weights["blocks"][3]["attn"]["qkv"]
      #expect(weights.contains("pos_embed") && !weights.contains("pos"))
      #expect(qkv.contains("bias") && !qkv.contains("blocks.3.attn.qkv.bias"))
      #expect(weights.unread.count == 4)
      _ = try qkv.vector("bias", 3)
      _ = try? qkv.vector("weight", 3)
      #expect(
        weights.unread == ["blocks.3.attn.qkv.weight", "counter", "pos_embed"])
      #expect(weights["blocks"].unread == ["blocks.3.attn.qkv.weight"])
    }
  }
}
