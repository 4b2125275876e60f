import Encoders

extension ModelCard {
  /// Whether the sizes on a card that somebody wrote are those of a network at all.
  ///
  /// What follows from them is then computed without regard to zeros and overflows.
  var isSound: Bool {
    let isShaped =
      [patch, dim, depth, heads, hidden].allSatisfy { (1...ModelCard.largest).contains($0) }
      && dim % heads == 0 && (0...2).contains(classTokens) && (0...64).contains(registers)
      && (0...1024).contains(positionGrid)
    let turns = positions == .rotary
    let isColoured =
      mean.count == 3 && std.count == 3 && (mean + std).allSatisfy(\.isFinite)
      && std.allSatisfy { $0 > 0 }
    return isShaped && isColoured && epsilon.isFinite && epsilon >= 0
      && turns == (positionGrid == 0) && (!turns || dim / heads % 4 == 0)
      && (hierarchy?.isSound ?? true) && (windows?.isSound ?? true) && (decoder?.isSound ?? true)
      && (1...6).contains(upsampler?.doublings ?? 1)
      && (1...ModelCard.largest).contains(head?.classes ?? 1)
      && head.map { $0.names?.count ?? $0.classes == $0.classes } ?? true
  }

  /// Channels, blocks, pixels or classes of a model, at most.
  fileprivate static let largest = 1 << 16
}

extension ModelCard.Hierarchy {
  fileprivate var isSound: Bool {
    (1...8).contains(stages.count) && stages.allSatisfy { (1...256).contains($0) }
      && (0..<stages.count).contains(pools)
  }
}

extension ModelCard.Windows {
  fileprivate var isSound: Bool {
    [side, neck].allSatisfy { (1...ModelCard.largest).contains($0) }
      && global.allSatisfy { $0 >= 0 }
  }
}

extension ModelCard.Decoder {
  fileprivate var isSound: Bool {
    [dim, depth, heads, hidden].allSatisfy { (1...ModelCard.largest).contains($0) }
      && dim % heads == 0 && (0..<1).contains(maskRatio)
  }
}
