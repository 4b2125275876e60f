#pragma once

#include <sqlite3.h>

// Swift cannot read `SQLITE_TRANSIENT`, by which SQLite copies what it is given.
static inline int sqlite_bind_text_copy(
    sqlite3_stmt *statement, int place, const char *text, int bytes) {
  return sqlite3_bind_text(statement, place, text, bytes, SQLITE_TRANSIENT);
}

static inline int sqlite_bind_blob_copy(
    sqlite3_stmt *statement, int place, const void *blob, int bytes) {
  return sqlite3_bind_blob(statement, place, blob, bytes, SQLITE_TRANSIENT);
}
