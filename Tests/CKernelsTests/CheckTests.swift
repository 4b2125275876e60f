import CKernelCheck
import CKernelEmulator
import Testing

/// The checks that are run on a card, on the emulator.
@Suite("Kernels: checks of a card") struct CheckTests {
  /// A line of the table, and whether it says that all is right.
  private static let note: check_line = { _, text, isRight in
    guard let text = unsafe text else { return }
    let line = unsafe String(cString: text)
    if isRight == 0 { print("wrong: \(line)") }
  }

  @Test
  func `a card whose kernels are right passes`() {
    let card = unsafe check_emulated_card()
    #expect(unsafe check_numbers(card, 63, CheckTests.note, nil) == 0)
    #expect(unsafe check_bytes(card, CheckTests.note, nil) == 0)
  }

  @Test(arguments: [(FAULT_WAIT_FOR_TOO_FEW, 8), (FAULT_NO_SWIZZLE, 12)])
  func `a card whose kernels are wrong does not`(fault: emulator_fault, failures: Int) {
    emulator_plant(fault)
    defer { emulator_plant(FAULT_NONE) }
    #expect(unsafe check_numbers(check_emulated_card(), 63, { _, _, _ in }, nil) >= failures)
  }
}
