import CLinux

/// File systems whose locks do not reach all who mount them, or whose `fsync` does not reach a disk.
///
/// Source: `statfs(2)`, `linux/magic.h`.
package enum NetworkFileSystem {
  private static let names: [UInt32: String] = [
    0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2",
    0x0BD0_0BD0: "Lustre", 0x00C3_6400: "Ceph", 0x6573_5546: "FUSE", 0x5346_414F: "AFS",
    0x4750_4653: "GPFS", 0x1983_0326: "BeeGFS", 0x0102_1997: "9P",
  ]

  /// The name of such a file system, where a path lies on one; what is not there lies on none.
  package static func name(of path: String) -> String? {
    var status = statfs()
    // SAFETY: the path is lent for the call, which writes one `statfs`.
    guard unsafe statfs(path, &status) == 0 else { return nil }
    return name(ofType: Int(status.f_type))
  }

  /// The name of such a file system, by its type; otherwise `nil`.
  package static func name(ofType type: Int) -> String? { names[UInt32(truncatingIfNeeded: type)] }
}
