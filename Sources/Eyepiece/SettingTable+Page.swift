extension SettingTable {
  /// `docs/settings.md`.
  package static let page: String = """
    # Settings

    Each is a flag (`--queue-length 64`), an environment variable (`EYEPIECE_QUEUE_LENGTH=64`) and a
    key of the JSON file that `--config` names (`"queue-length": 64`); the first of these that is
    given is in force. `eyepiece config show` prints what is in force, as such a file;
    `Config/eyepiece.json` holds the defaults. This page is what `eyepiece config describe` prints.

    | setting | default | values | |
    |---|---|---|---|

    """
    + rows.map { row in
      "| `\(row.name)` | \(row.presetText) | \(row.allowed) | \(row.help) |\n"
    }.joined()
}

extension Setting {
  /// The default as it is written on a command line.
  var presetText: String {
    if case .text(let text) = preset, !text.isEmpty { text } else { preset.json }
  }
}
