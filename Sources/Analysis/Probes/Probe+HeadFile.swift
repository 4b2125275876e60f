import Files
import Tensors

extension Probe.Head {
  /// A safetensors file of `weight`, `[classes, dim]`, and `bias`, `[classes]`, float32: a head that
  /// `eyepiece models import --for` puts on a model.
  package var file: [UInt8] {
    let tensors: [(outline: ArrayOutline, bytes: [UInt8])] = [
      ("weight", [constants.count, weights.count / constants.count], weights),
      ("bias", [constants.count], constants),
    ].map { name, shape, values in
      (
        ArrayOutline(name: name, shape: shape, type: .float32),
        [UInt8](littleEndian: values.map { Float($0) })
      )
    }
    var writer = ArrayWriter(
      tensors.map(\.outline), as: .safetensors, metadata: ["format": "eyepiece-head/1"])
    var bytes: [UInt8] = []
    for tensor in tensors {
      bytes += writer.begin()
      writer.pass(tensor.bytes)
      bytes += tensor.bytes
    }
    return bytes + writer.end()
  }
}
