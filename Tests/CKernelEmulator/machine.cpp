// How the threads of a block take turns.
#include "machine.h"

#include <cstring>

thread_local machine *running;
thread_local enum emulator_fault planted;

enum { STACK_BYTES = 65536 };

machine::machine(unsigned count, unsigned shared_size, uint64_t seed)
    : threads(count), stacks((size_t)count * STACK_BYTES), shared(shared_size + 1024),
      shared_bytes(shared_size), random(seed), warps(count / WARP) {
  offset = 1024 - (uintptr_t)shared.data() % 1024;
}

machine::~machine() {
  for (card_thread &thread : threads) thread.place.forget();
}

int machine::run(std::array<unsigned, 3> index, const std::function<void()> &function) {
  block = index;
  body = &function;
  memset(memory(), 0xff, shared_bytes);
  come = 0;
  for (warp_meeting &warp : warps) warp.come = 0;
  for (size_t i = 0; i < threads.size(); i++) {
    card_thread &thread = threads[i];
    thread.place.prepare(entry, stacks.data() + i * STACK_BYTES, STACK_BYTES);
    thread.is_done = thread.waits_for_warp = thread.waits_for_block = false;
    thread.copies.clear();
    thread.group = 0;
  }
  machine *before = running;
  running = this;
  for (int next; outcome == EMULATOR_DONE && (next = next_thread()) >= 0;) {
    current = next;
    home.go_to(threads[next].place);
  }
  running = before;
  for (const card_thread &thread : threads)
    if (!thread.is_done && outcome == EMULATOR_DONE) outcome = EMULATOR_STUCK;
  return outcome;
}

void machine::entry() {
  (*running->body)();
  running->threads[running->current].is_done = true;
  running->leave_for(-1);
}

void machine::leave_for(int thread) {
  fiber &here = threads[current].place;
  if (thread == current) return;
  if (thread < 0) return here.go_to(home);
  current = thread;
  here.go_to(threads[thread].place);
}

bool machine::can_run(int thread) const {
  const card_thread &t = threads[thread];
  return !t.is_done && !t.waits_for_warp && !t.waits_for_block;
}

// The next thread of this warp that waits for nothing, else one of another warp; -1 if there is
// none.
int machine::next_thread() {
  int count = (int)threads.size(), start = current / WARP * WARP;
  for (int i = 1; i <= WARP; i++) {
    int t = start + (current + i) % WARP;
    if (can_run(t)) return t;
  }
  int first = (int)below((unsigned)count / WARP) * WARP;
  for (int i = 0; i < count; i++)
    if (can_run((first + i) % count)) return (first + i) % count;
  return -1;
}

const lane_words *machine::meet_warp(const lane_words &mine) {
  int number = current / WARP;
  warp_meeting &warp = warps[number];
  lane_words *shown = warp.shown[warp.round];
  shown[current % WARP] = mine;
  if (++warp.come < WARP) {
    threads[current].waits_for_warp = true;
    leave_for(next_thread());
    return shown;
  }
  warp.come = 0;
  warp.round ^= 1;
  for (int i = 0; i < WARP; i++) threads[number * WARP + i].waits_for_warp = false;
  land_some();
  // Now and then another warp goes on first.
  if (below(4) == 0) {
    int other = (int)below((unsigned)warps.size()) * WARP;
    if (can_run(other)) leave_for(other);
  }
  return shown;
}

void machine::meet_block() {
  if (++come < (int)threads.size()) {
    threads[current].waits_for_block = true;
    leave_for(next_thread());
    return;
  }
  come = 0;
  for (card_thread &thread : threads) thread.waits_for_block = false;
  land_some();
  leave_for((int)below((unsigned)warps.size()) * WARP);
}

uint32_t machine::checked(uint32_t address) {
  if (address % 16 == 0 && address + 16 <= shared_bytes) return address;
  outcome = EMULATOR_BAD_ADDRESS;
  return 0;
}

void machine::check_banks(const lane_words *rows) {
  unsigned seen = 0;
  for (int i = 0; i < 8; i++) seen |= 1u << rows[i].words[0] / 16 % 8;
  if (seen != 0xff) outcome = EMULATOR_BANK_CONFLICT;
}

void machine::begin_copy(uint32_t to, const void *from, bool is_inside) {
  if ((uintptr_t)from % 16) outcome = EMULATOR_BAD_ADDRESS;
  pending_copy copy = {checked(to), {}, threads[current].group};
  if (is_inside) memcpy(copy.bytes, from, sizeof copy.bytes);
  if (below(2)) land(copy);
  else threads[current].copies.push_back(copy);
}

void machine::land(const pending_copy &copy) {
  memcpy(memory() + copy.to, copy.bytes, sizeof copy.bytes);
}

// Lets the copies of a random thread land.
void machine::land_some() {
  if (below(4)) return;
  card_thread &f = threads[below((unsigned)threads.size())];
  for (const pending_copy &copy : f.copies) land(copy);
  f.copies.clear();
}

void machine::wait_for_groups(int left) {
  card_thread &f = threads[current];
  size_t count = 0;
  while (count < f.copies.size() && f.copies[count].group < f.group - left)
    land(f.copies[count++]);
  f.copies.erase(f.copies.begin(), f.copies.begin() + (ptrdiff_t)count);
}
