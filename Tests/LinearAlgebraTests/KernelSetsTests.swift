import Foundation
import LinearAlgebra
import Testing

@Suite("Kernel sets") struct KernelSetsTests {
  @Test func `Kernel sets: the fastest is taken unless another is named`() {
    let all = EncoderKernels.all
    #expect(KernelSets.chosen(from: all, name: \.name, named: nil).name == all[0].name)
    for set in all {
      #expect(KernelSets.chosen(from: all, name: \.name, named: set.name).name == set.name)
    }
  }

  @Test func `Kernel sets: a name goes for rows too, which have no set of their own for bfloat16`()
  {
    let all = RowKernels.all
    for encoder in EncoderKernels.all {
      let found = KernelSets.chosen(from: all, name: \.name, named: encoder.name).name
      let own = all.first { $0.name == encoder.name }?.name
      #expect(found == own ?? all[0].name)
    }
    #expect(Set(all.map(\.name)).isSubset(of: EncoderKernels.all.map(\.name)))
  }

  @Test func `Kernel sets: a name that this CPU has no set for ends the program`() async {
    await #expect(processExitsWith: .failure) {
      _ = KernelSets.chosen(from: RowKernels.all, name: \.name, named: "AVX-1024")
    }
  }

  @Test func `Kernel sets: those in use have the names that are told`() {
    let current = KernelSets.current
    #expect(current.encoder == EncoderKernels.current.name)
    #expect(current.rows == RowKernels.current.name)
    #expect(current.products == OpenBLAS.name)
    if let name = ProcessInfo.processInfo.environment[KernelSets.variable] {
      #expect(current.encoder == name)
    }
  }
}
