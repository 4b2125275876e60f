/// The waiting jobs in the order in which they are claimed.
struct WaitingLine: Sendable {
  /// Where a job stands: by class, then by start tag, then by time of submission.
  struct Place: Comparable, Hashable, Sendable {
    let jobClass: JobClass
    let turn: Double
    let sequence: Int

    static func < (one: Place, other: Place) -> Bool {
      (one.jobClass.rawValue, one.turn, one.sequence)
        < (other.jobClass.rawValue, other.turn, other.sequence)
    }
  }

  /// In ascending order.
  private(set) var places: [Place] = []

  mutating func insert(_ place: Place) {
    places.insert(place, at: index(of: place))
  }

  mutating func remove(_ place: Place) {
    let index = index(of: place)
    precondition(index < places.count && places[index] == place, "\(place) does not wait")
    places.remove(at: index)
  }

  /// How many stand before a place.
  func index(of place: Place) -> Int {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The first of a class.
  func first(of jobClass: JobClass) -> Place? {
    let start = Place(jobClass: jobClass, turn: -.infinity, sequence: .min)
    let index = index(of: start)
    guard index < places.count, places[index].jobClass == jobClass else { return nil }
    return places[index]
  }
}
