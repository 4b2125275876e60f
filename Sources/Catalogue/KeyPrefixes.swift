/// Takes off what training programs and larger models put before the names of an encoder's tensors.
///
/// Source: reference to the published files; `module.` is PyTorch's for models in parallel,
/// `_orig_mod.` for compiled ones, `0.model.` FeatUp's for the first of a sequence.
enum KeyPrefixes {
  fileprivate struct Prefix {
    let text: String
    /// Whether tensors without it belong to something else.
    var isExclusive = false
    /// What must follow it, a whole name or the parts with which one begins; anything when there is
    /// nothing.
    var before: [String] = []
  }

  fileprivate static let all = [
    Prefix(text: "module."), Prefix(text: "_orig_mod."), Prefix(text: "model."),
    Prefix(text: "0.model."),
    Prefix(text: "teacher.", isExclusive: true), Prefix(text: "student.", isExclusive: true),
    Prefix(text: "backbone.", isExclusive: true),
    Prefix(text: "image_encoder.", isExclusive: true),
    Prefix(text: "vision_encoder.", isExclusive: true),
    Prefix(text: "visual.trunk.", isExclusive: true),
    Prefix(
      text: "encoder.", before: ["patch_embed.", "blocks.", "cls_token", "pos_embed", "norm."]),
    Prefix(text: "vit."), Prefix(text: "deit."), Prefix(text: "dinov2."),
    Prefix(text: "dinov2_with_registers."), Prefix(text: "hiera."),
  ]

  /// Prefixes that are taken off, one behind the other, at most.
  private static let depth = 16

  /// Names as the file has them, by the names without prefixes.
  ///
  /// Numbers of chunks are taken out of names such as `blocks.0.3.norm1.weight`, whose second
  /// number counts the blocks of all chunks. Source: DINOv2's training.
  static func stripped(_ names: some Sequence<String>) throws(CatalogueError) -> [String: String] {
    var current = Dictionary(uniqueKeysWithValues: names.map { ($0, $0) })
    for _ in 0..<depth {
      let prefix = all.first { prefix in current.keys.contains { prefix.isOn($0) } }
      guard let prefix else { break }
      var next: [String: String] = [:]
      for (name, original) in current.sorted(by: { $0.key < $1.key }) {
        let has = prefix.isOn(name)
        if prefix.isExclusive && !has { continue }
        let short = has ? String(name.dropFirst(prefix.text.count)) : name
        if let other = next.updateValue(original, forKey: short) {
          throw .sameName(short, files: [other, original])
        }
      }
      current = next
    }
    return try withoutChunks(current)
  }

  private static func withoutChunks(
    _ names: [String: String]
  ) throws(CatalogueError) -> [String: String] {
    var result: [String: String] = [:]
    for (name, original) in names.sorted(by: { $0.key < $1.key }) {
      let parts = name.split(separator: ".")
      let isChunked =
        parts.count > 3 && parts[0] == "blocks" && Int(parts[1]) != nil && Int(parts[2]) != nil
      let short = isChunked ? (["blocks"] + parts[2...]).joined(separator: ".") : name
      if let other = result.updateValue(original, forKey: short) {
        throw .sameName(short, files: [other, original])
      }
    }
    return result
  }
}

extension KeyPrefixes.Prefix {
  fileprivate func isOn(_ name: String) -> Bool {
    guard name.hasPrefix(text), name.utf8.count > text.utf8.count else { return false }
    let rest = name.dropFirst(text.count)
    return before.isEmpty || before.contains { $0.last == "." ? rest.hasPrefix($0) : rest == $0 }
  }
}
