import BacklogSQL

/// The tables as SQLite has them, and a tally of the jobs that no query has to count.
enum SQLiteSchema {
  static func statements(of step: Int) -> [String] {
    Schema.statements(
      of: step,
      types: Schema.ColumnTypes(
        key: "INTEGER PRIMARY KEY AUTOINCREMENT", integer: "INT", real: "REAL", blob: "BLOB",
        jobOptions: " STRICT", workerOptions: " STRICT"))
      + (step == 1 ? tally : [])
  }

  private static let tally = [
    """
    CREATE TABLE tally(class INT NOT NULL, state INT NOT NULL, jobs INT NOT NULL, ms INT NOT NULL,
      PRIMARY KEY(class, state)) STRICT, WITHOUT ROWID
    """,
    "CREATE TRIGGER job_added AFTER INSERT ON job BEGIN \(adding("new", 1)); END",
    """
    CREATE TRIGGER job_moved AFTER UPDATE OF state ON job WHEN old.state <> new.state
    BEGIN \(adding("old", -1)); \(adding("new", 1)); END
    """,
    """
    CREATE TRIGGER job_removed AFTER DELETE ON job
    BEGIN \(adding("old", -1)); DELETE FROM tally WHERE jobs = 0; END
    """,
  ]

  /// A statement that counts a row once more, or once less.
  private static func adding(_ row: String, _ change: Int) -> String {
    """
    INSERT INTO tally
    VALUES(\(row).class, \(row).state, \(change), \(change) * CAST(\(row).seconds * 1000 AS INT))
    ON CONFLICT DO UPDATE SET jobs = jobs + excluded.jobs, ms = ms + excluded.ms
    """
  }
}
