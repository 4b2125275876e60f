package import Scheduling

/// The queues that an answer's pieces use, and the answer's own reservation.
package struct AnswerMemory: Sendable {
  /// Its threads compute pieces.
  let queries: JobQueue
  /// Counts the bytes that answers hold while they are sent.
  package let answers: JobQueue
  /// Held as long as pieces may still be computed.
  let reservation: Reservation?
  /// The client whose turn each of its pieces takes.
  let owner: Owner

  package init(
    queries: JobQueue, answers: JobQueue, reservation: Reservation? = nil,
    owner: Owner = .anonymous
  ) {
    self.queries = queries
    self.answers = answers
    self.reservation = reservation
    self.owner = owner
  }

  /// Waits for bytes that an answer holds until it has been sent.
  init(queries: JobQueue, answers: JobQueue, bytes: Int, owner: Owner) async throws {
    var reservation: Reservation?
    if bytes > 0 {
      reservation = try await Reservation(
        in: answers, .init(seconds: 1, bytes: bytes, owner: owner))
      reservation?.finish()
    }
    self.init(queries: queries, answers: answers, reservation: reservation, owner: owner)
  }

  /// The reservation to be held with a body; `nil` for a stream, which has it, and for few bytes.
  func reservation(of body: Answer.Body) -> Reservation? {
    guard case .whole(let bytes) = body, bytes.count > PieceSize.least else { return nil }
    reservation?.shrink(to: bytes.count)
    return reservation
  }

  /// The share of the bytes that pieces larger than the least may hold; the rest is for what
  /// answers cannot do without.
  private static let pieces = 0.5

  /// Memory for a piece; `nil` when there is none now.
  func reservePiece(_ bytes: Int) -> Reservation? {
    Reservation(
      atOnceIn: answers, .init(seconds: 0, bytes: bytes, owner: owner),
      share: AnswerMemory.pieces)
  }
}

/// A part of an array that is computed at once.
struct Piece: Sendable {
  let units: Range<Int>
  /// Released when the client has taken the piece.
  let reservation: Reservation?
}

/// Cuts an array into pieces, as large as the client and the memory allow.
struct PieceCutter {
  let elements: ChunkedArray
  let memory: AnswerMemory
  /// The units that have not been cut yet.
  private(set) var rest: Range<Int>

  init(_ elements: ChunkedArray, _ units: Range<Int>, in memory: AnswerMemory) {
    self.elements = elements
    self.memory = memory
    rest = units
  }

  /// The next piece; `nil` at the end, or when those under way must be taken first.
  ///
  /// With none under way, a small piece is always available, so that no answer waits for another
  /// answer's client.
  mutating func next(_ size: PieceSize, underWay: Int) -> Piece? {
    guard !rest.isEmpty, underWay < size.ahead else { return nil }
    if elements.areHere { return cut(.max, nil) }
    let bytes = elements.bytes(of: units(size.bytes))
    if bytes > PieceSize.least {
      if let reservation = memory.reservePiece(bytes) { return cut(size.bytes, reservation) }
    }
    return underWay == 0 ? cut(PieceSize.least, nil) : nil
  }

  private func units(_ bytes: Int) -> Range<Int> {
    elements.units(from: rest.lowerBound, to: rest.upperBound, atMost: min(bytes, elements.best))
  }

  private mutating func cut(_ bytes: Int, _ reservation: Reservation?) -> Piece {
    let units = units(bytes)
    rest = units.upperBound..<rest.upperBound
    return Piece(units: units, reservation: reservation)
  }
}
