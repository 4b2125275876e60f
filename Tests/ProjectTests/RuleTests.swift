import Testing

@Suite("House rules") struct RuleTests {
  @Test(arguments: Rule.all)
  func `every source file keeps the rule`(rule: Rule) throws {
    let files = Project.swiftFiles(under: "Sources")
    #expect(files.count > 20, "where are the sources?")
    for path in files {
      let lines = rule.violations(path, try Project.text(path))
      #expect(lines.isEmpty, "\(path), lines \(lines): \(rule)")
    }
  }

  @Test(arguments: Rule.all)
  func `a file that breaks the rule is seen, a file that keeps it is not`(rule: Rule) {
    #expect(!rule.broken.isEmpty && !rule.kept.isEmpty)
    for (path, text) in rule.broken {
      #expect(!rule.violations(path, text).isEmpty, "\(rule) overlooks \(text.prefix(80))")
    }
    for (path, text) in rule.kept {
      #expect(rule.violations(path, text).isEmpty, "\(rule) is wrong about \(text.prefix(80))")
    }
  }

  /// Rules that tests keep as well: theirs is the freedom to force and to print.
  @Test(arguments: [Rule.length, Rule.name, Rule.openingComment])
  func `every test file keeps the rule`(rule: Rule) throws {
    for path in Project.swiftFiles(under: "Tests") {
      let lines = rule.violations(path, try Project.text(path))
      #expect(lines.isEmpty, "\(path), lines \(lines): \(rule)")
    }
  }

  @Test(arguments: [
    ("a // b", "a     "), ("a /* b /* c */ d */ e", "a                   e"),
    (#"f("b // c") // d"#, #"f("      ")     "#), (#""a\"b" c"#, #""    " c"#),
    ("#\"a\"b\"# c", "#\"   \"# c"), ("\"\"\"\n a\"b\n\"\"\" c", "\"  \n    \n\"   c"),
    ("a\nb", "a\nb"), ("#if DEBUG", "#if DEBUG"), ("\"\" + a", "\"\" + a"),
  ])
  func `comments and strings are blanked, nothing else`(text: String, expected: String) {
    #expect(code(of: text) == expected)
  }
}
