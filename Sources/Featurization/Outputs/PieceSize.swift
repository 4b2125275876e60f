/// The size of an answer's pieces: larger while the client takes them quickly, smaller when not.
///
/// Pieces that wait for a client are memory, so a client that is slow from the start gets small ones.
package struct PieceSize: Sendable, Hashable {
  /// Bytes of a piece that needs no reservation, and of the first piece.
  package static let (least, first) = (64 << 10, 256 << 10)
  /// The maximum number of pieces in memory: one being sent, the others being computed.
  static let most = 3

  package private(set) var bytes = first

  package init() {}

  /// The number of pieces that may be in memory now.
  package var ahead: Int { bytes > PieceSize.least ? PieceSize.most : 1 }

  /// Adapts to the time in which a client took a piece.
  package mutating func wasTaken(in time: Duration) {
    if time < .milliseconds(250) {
      bytes = min(2 * bytes, 1 << 30)
    } else if time > .seconds(1) {
      bytes = max(bytes / 2, PieceSize.least)
    }
  }
}
