package import Tensors

/// A safetensors file: named tensors, found and checked before any is read.
package struct SafeTensors: Sendable {
  package let metadata: [String: String]
  package let tensors: [String: TensorEntry]
  private let file: MappedFile

  package init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    do {
      let header = try TensorHeader(ofFile: file.count) { range in
        file.elements(of: UInt8.self, in: range)
      }
      metadata = header.metadata
      tensors = header.tensors
    } catch {
      throw .malformed(error)
    }
    self.file = file
  }
}

extension SafeTensors {
  /// A tensor's elements as float32, in C order; float64 is rounded, the others are exact.
  package func floats(_ name: String) throws(CheckpointError) -> [Float] {
    guard let entry = tensors[name] else { throw .missing(tensor: name) }
    switch entry.dataType {
    case .f32:
      return file.elements(of: Float.self, in: entry.range)
    case .f16:
      return float32s(binary16: file.elements(of: UInt16.self, in: entry.range))
    case .bf16:
      return float32s(bfloat16: file.elements(of: UInt16.self, in: entry.range))
    case .f64:
      return file.elements(of: Double.self, in: entry.range).map { Float($0) }
    case .bool, .u8, .i8, .f4, .f6E2M3, .f6E3M2, .f8E5M2, .f8E4M3, .f8E8M0, .i16, .u16, .i32,
      .u32, .c64, .i64, .u64:
      throw .notConvertible(tensor: name, dataType: entry.dataType)
    }
  }
}
