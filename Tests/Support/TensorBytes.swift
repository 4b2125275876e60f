/// A safetensors file: the header's length, the header, the data.
package func fileBytes(header: String, data: [UInt8] = []) -> [UInt8] {
  let header = Array(header.utf8)
  return littleEndian(UInt64(header.count)) + header + data
}

/// An integer's bytes, the least significant first.
package func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// The bytes of float32s, little-endian.
package func bytes(of values: [Float]) -> [UInt8] {
  values.flatMap { littleEndian($0.bitPattern) }
}

/// One tensor's member of a header.
package func member(_ name: String, _ type: String, _ shape: [Int], _ begin: Int, _ end: Int)
  -> String
{
  #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
}
