#pragma once

#include "CMockDriver.h"

enum { MOCK_CALLS = 1 << 16, MOCK_BLOCKS = 256, MOCK_OPERATIONS = 1 << 14, MOCK_STREAMS = 8 };

enum operation_kind { OP_UPLOAD, OP_DOWNLOAD, OP_FILL, OP_LAUNCH, OP_RECORD, OP_WAIT };

/// Work that waits in a stream.
struct operation {
  enum operation_kind kind;
  driver_address device;
  void *host;
  size_t bytes;
  unsigned value;
  struct event *event;
  /// Which record of the event is meant.
  long record;
  const char *kernel;
  unsigned grid[3], block, shared;
  unsigned char arguments[256];
  /// When it was enqueued, and how long it takes.
  double enqueued, seconds;
};

struct event {
  /// Records that were enqueued, and that are done.
  long recorded, done;
  /// When the last was done.
  double time;
};

struct stream {
  bool is_open;
  struct operation *queue;
  long first, count;
  /// When what it did last was done.
  double free_at;
};

struct block {
  unsigned char *map;
  size_t map_bytes;
  driver_address address;
  size_t bytes;
};

struct function {
  char name[64];
};

struct mock {
  uint64_t random;
  mock_launcher launcher;
  mock_pacer pacer;
  mock_argument_bytes argument_bytes;
  char plan_file[256];
  const char *fail_symbol;
  long fail_at, end_at, hang_at, stop_at;
  int fail_code, broken;
  bool hangs;
  int cards, version;
  int changed_attribute, changed_value;
  size_t free_bytes;
  bool is_initialised;
  bool has_context;
  long calls, launches, handles;
  /// In seconds: of the clock where work takes time, else the operations done by a thousand.
  double time;
  const char *names[MOCK_CALLS];
  struct block blocks[MOCK_BLOCKS];
  struct stream streams[MOCK_STREAMS];
};

extern struct mock mock;

// The driver's functions, under the names that its library exports.
#define DECLARE(member, symbol, parameters) driver_result mocked_##member parameters __asm__(symbol);
DRIVER_FUNCTIONS(DECLARE)
#undef DECLARE

uint64_t mock_random(void);
/// Does what the file of the plan says.
void mock_follow_plan(void);
/// Notes a call; not 0 is what it has to return.
int mock_begin(const char *symbol);
/// Whether bytes lie in one allocation.
bool mock_holds(driver_address address, size_t bytes);
void mock_free_everything(void);
