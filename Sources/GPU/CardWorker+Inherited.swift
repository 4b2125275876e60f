import Glibc

extension CardWorker {
  /// What the server gave this process: the socket as its standard input, the shared memory as its
  /// standard output, which is the standard error from now on.
  package static func inherited() -> (channel: Channel, memory: SharedMemory) {
    let (channel, memory) = (Channel(taking: dup(0)), SharedMemory(taking: dup(1)))
    ServerWatch.begin(on: channel.descriptor)
    dup2(2, 0)
    dup2(2, 1)
    return (channel, memory)
  }

  /// Serves the server that started this process, on a card of this machine.
  package static func run(library: String?, card: String, bytes: Int, idle: Int) -> End {
    let (channel, memory) = inherited()
    guard let driver = Driver.open(library, note: { _ in }) else {
      channel.send(.refused(.driver, job: 0, 100, Discovery(absence: .noDriver).words))
      return .noCard
    }
    return run(
      driver, card: card, bytes: bytes, idle: idle, image: KernelImage.image(for:), channel,
      memory)
  }
}
