import Foundation
import Testing

@Suite("Deployment") struct DeploymentTests {
  /// Names in a list of packages.
  private func packages(in list: String) throws -> [String] {
    try Project.text(list).split(separator: "\n")
      .map { $0.prefix { $0 != "#" }.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
  }

  @Test
  func `Dockerfile: it copies what exists, and its health check is installed`() throws {
    let text = try Project.text("Dockerfile").replacing("\\\n", with: " ")
    let stages = Set(text.matches(of: #/FROM \S+ AS (\w+)/#).map { String($0.output.1) })
    for line in text.split(separator: "\n") where line.hasPrefix("COPY ") {
      let words = line.split(separator: " ").map { String($0) }
      if words[1].hasPrefix("--from=") {
        #expect(stages.contains(String(words[1].dropFirst("--from=".count))), "\(line)")
      } else {
        for path in words[1...].dropLast() { #expect(Project.exists(path), "\(line)") }
      }
    }
    #expect(text.contains(#/HEALTHCHECK .*CMD curl /#))
    #expect(try packages(in: "Config/packages-run.txt").contains("curl"))
  }

  @Test
  func `Packages: the lists are plain names, each once`() throws {
    let lists = try Project.names(in: "Config").filter { $0.hasPrefix("packages-") }
    let names = try lists.flatMap { try packages(in: "Config/\($0)") }
    #expect(lists.count == 4 && names.count > 10)
    #expect(Set(names).count == names.count, "\(names.sorted())")
    for name in names { #expect(name.wholeMatch(of: #/[a-z0-9][a-z0-9.+\-]+/#) != nil, "\(name)") }
  }

  @Test
  func `Scripts: each is executable and begins with its interpreter and its usage`() throws {
    for path in try Project.scripts() {
      let file = Project.root.appending(path: path).path
      #expect(FileManager.default.isExecutableFile(atPath: file), "\(path)")
      let lines = try Project.text(path).split(separator: "\n").prefix(5)
      #expect(lines.first?.hasPrefix("#!") == true, "\(path)")
      #expect(lines.contains { $0.contains("usage: \(path)") }, "\(path)")
    }
  }
}
