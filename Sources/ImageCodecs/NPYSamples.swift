import Tensors

/// The numbers of a NumPy array, as a picture's samples.
struct NPYSamples {
  let stored: ImageHeader.Stored
  let isBool: Bool
  let isBigEndian: Bool
  let isFortran: Bool
  let shape: [Int]
  /// Where they begin in the file.
  let start: Int

  init(_ bytes: [UInt8]) throws(CodecError) {
    guard bytes.count >= 8 else {
      throw .truncated(.npy, reason: "the file ends in its header")
    }
    let header: NPYHeader
    do {
      header = try NPYHeader(of: bytes)
    } catch {
      switch error {
      case .truncated: throw .truncated(.npy, reason: "the file ends in its header")
      case .headerTooLong(let bytes, _):
        throw .unsupported(.npy, what: "a header of \(bytes) bytes")
      default: throw .damaged(.npy, reason: "\(error)")
      }
    }
    guard case .number(let type) = header.element else {
      throw .unsupported(.npy, what: "records of several fields")
    }
    (stored, isBool) = try Self.numbers(of: type)
    (isBigEndian, isFortran) = (type.hasPrefix(">"), header.isColumnMajor)
    (shape, start) = (header.shape, header.dataStart)
  }

  private static func numbers(of type: String) throws(CodecError)
    -> (ImageHeader.Stored, isBool: Bool)
  {
    let kind = type.drop { "<>=|".contains($0) }
    let table: [Substring: ImageHeader.Stored] = [
      "u1": .init(.unsigned, bits: 8), "u2": .init(.unsigned, bits: 16),
      "u4": .init(.unsigned, bits: 32), "u8": .init(.unsigned, bits: 64),
      "i1": .init(.signed, bits: 8), "i2": .init(.signed, bits: 16),
      "i4": .init(.signed, bits: 32), "i8": .init(.signed, bits: 64),
      "f2": .init(.float, bits: 16), "f4": .init(.float, bits: 32),
      "f8": .init(.float, bits: 64), "b1": .init(.unsigned, bits: 8),
    ]
    guard let stored = table[kind] else {
      let name = String(kind.prefix(16).filter { $0.isASCII })
      throw .unsupported(.npy, what: "an array of type \(name)")
    }
    return (stored, kind == "b1")
  }
}
