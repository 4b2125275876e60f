import Scheduling
import Support
import Testing

@Suite("Memory reserve") struct MemoryReserveTests {
  @Test func `MemoryReserve: new reservations are tested together with existing ones`() throws {
    let tried = Box<[Int]>([])
    let reserve = MemoryReserve { bytes in
      tried.update { $0.append(bytes) }
      return bytes <= 100
    }
    do {
      let first = try reserve.promise(60)
      #expect(throws: JobError.outOfMemory(bytes: 41)) { try reserve.promise(41) }
      let second = try reserve.promise(40)
      #expect(reserve.bytes == 100)
      #expect(throws: JobError.outOfMemory(bytes: 1)) { try reserve.promise(1) }
      withExtendedLifetime((first, second)) {}
    }
    #expect(reserve.bytes == 0)
    _ = try reserve.promise(100)
    #expect(tried.value == [60, 101, 100, 101, 100])
  }

  @Test func `MemoryReserve: a sum that overflows is refused untested`() throws {
    let reserve = MemoryReserve { _ in true }
    let most = try reserve.promise(.max)
    #expect(throws: JobError.outOfMemory(bytes: 1)) { try reserve.promise(1) }
    withExtendedLifetime(most) {}
  }

  @Test(arguments: [1 << 60, .max - 1, .max])
  func `MemoryReserve: the system provides no more than an address space`(bytes: Int) {
    #expect(MemoryReserve.systemGives(0))
    #expect(!MemoryReserve.systemGives(bytes))
  }
}
