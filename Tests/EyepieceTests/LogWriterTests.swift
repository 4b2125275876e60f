import Dispatch
import Eyepiece
import Foundation
import Support
import Testing

@Suite("Log writer") struct LogWriterTests {
  @Test func `lines arrive in the order in which each thread wrote them, whole`() {
    let written = Box("")
    let writer = LogWriter(whenLost: { "lost \($0)\n" }) { lines in
      written.update { $0 += String(decoding: lines, as: UTF8.self) }
    }
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for number in 0..<500 { writer.write("\(thread) \(number)\n") }
    }
    writer.flush(within: 60)
    let lines = written.value.split(separator: "\n").map(String.init)
    #expect(lines.count == 2000)
    for thread in 0..<4 {
      #expect(lines.filter { $0.hasPrefix("\(thread) ") } == (0..<500).map { "\(thread) \($0)" })
    }
  }

  @Test func `a reader who takes nothing keeps nobody waiting, and is told what was lost`() {
    let written = Box("")
    let (isStuck, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let writer = LogWriter(whenLost: { "lost \($0)\n" }) { lines in
      if lines.count == 6 {
        isStuck.signal()
        goesOn.wait()
      }
      written.update { $0 += String(decoding: lines, as: UTF8.self) }
    }
    writer.write("first\n")
    isStuck.wait()
    let line = String(repeating: "x", count: 1023) + "\n"
    let fitting = LogWriter.limit / 1024
    for _ in 0..<(fitting + 3) { writer.write(line) }
    writer.flush(within: 0)
    #expect(written.value.isEmpty)
    goesOn.signal()
    writer.flush(within: 60)
    #expect(
      written.value == "first\n" + String(repeating: line, count: fitting) + "lost 3\n")
    writer.write(String(repeating: line, count: fitting + 1))
    writer.write("last\n")
    writer.flush(within: 60)
    #expect(written.value.hasSuffix("lost 3\nlast\nlost 1\n"))
  }
}
