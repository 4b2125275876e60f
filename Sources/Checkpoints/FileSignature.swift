/// What a file is, by its first bytes; its name has no say.
enum FileSignature {
  case safetensors, archive, stream
  case foreign(ForeignFormat)

  init(of source: any ByteSource) throws(CheckpointError) {
    let head = try source.bytes(0..<min(source.count, 512))
    if head.isEmpty {
      self = .foreign(.empty)
    } else if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      self = .archive
    } else if head.starts(with: PyTorchFile.streamMagic) {
      self = .stream
    } else if head.count > 8, head[8] == UInt8(ascii: "{"), head[7] == 0 {
      // The header's length stands before its brace, and has three bytes and a bit at most.
      self = .safetensors
    } else {
      self = .foreign(FileSignature.format(of: head))
    }
  }

  private static func format(of head: [UInt8]) -> ForeignFormat {
    let signatures: [(ForeignFormat, [UInt8])] = [
      (.npy, [0x93] + "NUMPY".utf8), (.gitLFS, Array("version https://git-lfs".utf8)),
      (.hdf5, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
      (.otherZIP, [0x50, 0x4B]),
    ]
    if let format = signatures.first(where: { head.starts(with: $0.1) })?.0 { return format }
    if head.count > 262, head[257...].starts(with: "ustar".utf8) { return .tar }
    let isPickle = head.count > 1 && head[0] == 0x80 && (2...5).contains(head[1])
    return isPickle ? .pickle : .unknown
  }
}
