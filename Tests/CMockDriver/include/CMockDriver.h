/// A driver that is made up: two cards whose memory is the host's, with pages before and behind each
/// allocation that nobody may touch, filled with bytes that are no number in any format.
///
/// Streams are queues that run when they are waited for, or looked at, one operation of any of them
/// at a time in an order that follows from a seed and respects their events: so late as a driver
/// might, and not in the order of their calls. Launches go to a function of the test.
#pragma once

#include "CDriver.h"

/// Runs a kernel to its end; not 0 is a fault of it. The last argument changes the order in which
/// threads run.
typedef int (*mock_launcher)(const char *kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                             unsigned block, unsigned shared, const void *arguments,
                             uint64_t seed);

/// Bytes of a kernel's argument; 0 for one that is not known.
typedef unsigned (*mock_argument_bytes)(const char *kernel);

/// Seconds that a launch takes on the clock.
typedef double (*mock_pacer)(const char *kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                             const void *arguments);

/// Its functions, which have the names of the driver's to whatever is linked with it.
struct driver_table mock_driver(void);

/// Forgets everything, frees what was left, and runs launches by `launcher`, or nothing where it is
/// NULL, of arguments whose sizes `bytes` tells.
void mock_reset(uint64_t seed, mock_launcher launcher, mock_argument_bytes bytes);

/// Lets launches take time, which other work does not; what they do is done at its end.
void mock_pace(mock_pacer pacer);

/// Lets things happen that words name: `fail=N:CODE`, `end=N`, `hang=N` and `stop=N` as below, `free=BYTES`,
/// `cards=N`. Other words are left to others.
void mock_plan(const char *words);

/// Lets the words of a file be planned whenever a context is made, if there is such a file; a plan
/// with the word `once` removes it.
void mock_plan_file(const char *path);

/// Lets the n-th call from now on, counted from 0, return a code; where `symbol` is not NULL, the n-th
/// call of that function. Codes of a context that is of no use any more are returned by every call
/// after it.
void mock_fail(const char *symbol, long n, int code);

/// Lets the n-th call from now on end the process.
void mock_end_process(long n);

/// Lets no work end after the n-th call from now on; synchronising then blocks.
void mock_hang(long n);

/// Lets the n-th call from now on never return.
void mock_stop(long n);

/// How many cards there are, the driver's version, and the bytes of a card that are free.
void mock_cards(int count);
void mock_version(int version);
void mock_memory(size_t free_bytes);
void mock_attribute(int attribute, int value);

/// Calls since the last reset, and the exported name of one.
long mock_calls(void);
const char *mock_call(long n);
/// Launches since the last reset.
long mock_launches(void);

/// Allocated and not freed: bytes on cards, pinned ranges, modules, streams, events, contexts.
size_t mock_held_bytes(void);
long mock_held_handles(void);
