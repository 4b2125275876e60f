package import Files

/// The program curl, which makes all requests to other servers: the program itself opens no
/// connection.
package enum Curl {
  /// What it did.
  package struct Result: Sendable {
    package let status: Int32
    /// What was asked for with `write-out`.
    package let output: String
    /// The last line of what it complained of.
    package let words: String
  }

  /// Runs it with a configuration, which it reads from its input, so that no token stands in a list of
  /// processes; blocks until it ends.
  ///
  /// Throws where it is not here.
  package static func run(_ lines: [String]) throws(FileError) -> Result {
    let configuration = (lines + ["silent", "show-error"]).joined(separator: "\n") + "\n"
    let ended = try ChildProgram.run(
      ["curl", "--disable", "--config", "-"], input: Array(configuration.utf8))
    return Result(
      status: ended.status, output: String(decoding: ended.output, as: UTF8.self),
      words: String(decoding: ended.errors, as: UTF8.self).split(separator: "\n").last
        .map(String.init) ?? "")
  }

  /// `name = "value"`, a line of its configuration.
  ///
  /// Source: curl(1), `--config`.
  package static func line(_ name: String, _ value: String) -> String {
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n").replacing("\r", with: "\\r").replacing("\t", with: "\\t")
    return "\(name) = \"\(escaped)\""
  }

  /// The field that shows a token.
  package static func authorization(_ token: String) -> String {
    line("header", "Authorization: Bearer \(token)")
  }
}
