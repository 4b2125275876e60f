import Featurization
import Testing

@Suite("Clean-up") struct CleanupTests {
  @Test(arguments: [
    ("none", "none"), ("guided", "guided:8,0.001"), ("guided:3", "guided:3,0.001"),
    ("crf", "crf:gentle"), ("crf:hrdv2,pydensecrf", "crf:hrdv2,pydensecrf"),
    ("majority", "majority:2"), ("smooth:2", "smooth:2.0"),
    ("solver", "solver:16.0,16.0"), ("solver:8,24;guided", "guided:8,0.001;solver:8.0,24.0"),
    // In the order in which they are done.
    ("holes:20;area:1=5,2=7;guided", "guided:8,0.001;area:1=5,2=7;holes:20"),
    ("fractions:2=0.25,1=0.75;smooth:1", "smooth:1.0;fractions:1=0.75,2=0.25"),
  ])
  func `Cleanup: steps are read and written in their order`(text: String, written: String) throws {
    let cleanup = try #require(Cleanup(text))
    #expect(cleanup.description == written)
    #expect(Cleanup(written) == cleanup)
  }
}
