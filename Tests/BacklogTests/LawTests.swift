import Backlog
import BacklogLaws
import Testing

@Suite("Memory backlog") struct LawTests {
  @Test(arguments: Law.all)
  func `Memory backlog: every law holds`(law: Law) throws {
    try law.check(.memory)
  }
}
