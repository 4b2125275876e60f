import Glibc

/// What the process has taken from the system so far.
struct Spending: Encodable {
  /// Seconds of processors, all threads together.
  var processor: Double
  /// Pages of memory that were handed to it.
  var pages: Int

  init() {
    var usage = rusage()
    // SAFETY: the call fills the structure that it is given.
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    processor = usage.ru_utime.seconds + usage.ru_stime.seconds
    pages = usage.ru_minflt
  }

  func since(_ start: Spending) -> Spending {
    var spent = self
    spent.processor -= start.processor
    spent.pages -= start.pages
    return spent
  }
}

extension timeval {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
