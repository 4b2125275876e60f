/// Elements of several clients, taken one of each in turn, and each client's in order of arrival.
///
/// Adding and taking cost a time that grows with the number of clients alone. Source: round robin of
/// Nagle, RFC 970.
package struct ClientTurns<Element> {
  /// Elements in order of arrival.
  private struct Line {
    private var all: [Element] = []
    private var start = 0

    var isEmpty: Bool { start == all.count }

    mutating func append(_ element: Element) { all.append(element) }

    mutating func removeFirst() -> Element {
      defer {
        start += 1
        // Half of them were taken: their memory goes.
        if 2 * start > all.count {
          all.removeFirst(start)
          start = 0
        }
      }
      return all[start]
    }
  }

  private var lines: [String?: Line] = [:]
  /// The clients that have elements; the next one's turn is at `turn`.
  private var clients: [String?] = []
  private var turn = 0
  package private(set) var count = 0

  package var isEmpty: Bool { count == 0 }

  package init() {}

  package mutating func append(_ element: Element, of client: String?) {
    if lines[client] == nil {
      // Behind all that wait already.
      clients.insert(client, at: turn)
      turn += 1
    }
    lines[client, default: Line()].append(element)
    count += 1
  }

  /// Takes the next element of those clients that may have a turn; `nil` when there is none.
  package mutating func next(
    where mayHave: (String?) -> Bool = { _ in true }
  ) -> (client: String?, element: Element)? {
    let order = clients.indices.map { (turn + $0) % clients.count }
    guard let place = order.first(where: { mayHave(clients[$0]) }) else { return nil }
    let client = clients[place]
    guard var line = lines.removeValue(forKey: client) else { return nil }
    let element = line.removeFirst()
    count -= 1
    if line.isEmpty {
      clients.remove(at: place)
      turn = place
    } else {
      lines[client] = line
      turn = place + 1
    }
    return (client, element)
  }
}
