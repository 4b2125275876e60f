import Encoders

extension Exposition {
  /// Adds what cards have done; nothing where there is none.
  mutating func add(_ cards: [CardCounts]) {
    guard !cards.isEmpty else { return }
    func samples(_ value: (CardCounts) -> Double) -> [(labels: Labels, value: Double)] {
      cards.map { ([("card", $0.uuid)], value($0)) }
    }
    gauge(
      "eyepiece_gpu_up", "Whether the card encodes; 0 once it has been given up.",
      cards.map { ([("card", $0.uuid), ("name", $0.name)], $0.isUp ? 1 : 0) })
    counter(
      "eyepiece_gpu_jobs_total", "Groups of views that the card encoded.",
      samples { Double($0.jobs) })
    counter(
      "eyepiece_gpu_chunks_total", "Chunks in which it did so.", samples { Double($0.chunks) })
    counter(
      "eyepiece_gpu_busy_seconds_total", "Seconds that it took, by its own clock.",
      samples(\.seconds))
    counter(
      "eyepiece_gpu_operations_total", "Floating-point operations of the models meanwhile.",
      samples(\.operations))
    gauge(
      "eyepiece_gpu_memory_bytes", "Bytes of the card's memory that are in use, by what for.",
      cards.flatMap { card in
        [("activations", card.arenaBytes), ("models", card.modelBytes)].map {
          ([("card", card.uuid), ("use", $0.0)], Double($0.1))
        }
      })
    counter(
      "eyepiece_gpu_starts_total", "Starts of the card's process.", samples { Double($0.starts) })
    counter(
      "eyepiece_gpu_deaths_total", "Deaths of the card's process.", samples { Double($0.deaths) })
    counter(
      "eyepiece_gpu_cancelled_total", "Jobs of the card that ended since no client waited.",
      samples { Double($0.cancellations) })
    counter(
      "eyepiece_gpu_faults_total", "Jobs that were not done, by the driver's code.",
      cards.flatMap { card in
        card.faults.sorted { $0.key < $1.key }.map {
          ([("card", card.uuid), ("code", "\($0.key)")], Double($0.value))
        }
      })
  }
}
