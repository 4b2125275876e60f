// Fibers by ucontext, switched by setjmp once they have begun.
#undef _FORTIFY_SOURCE
#include "machine.h"

#include <cstring>

thread_local machine *running;
thread_local enum emulator_fault planted;

enum { STACK_BYTES = 65536 };

machine::machine(unsigned threads, unsigned shared_size, uint64_t seed)
    : fibers(threads), stacks((size_t)threads * STACK_BYTES), shared(shared_size + 1024),
      shared_bytes(shared_size), random(seed), warps(threads / WARP) {
  offset = 1024 - (uintptr_t)shared.data() % 1024;
}

int machine::run(std::array<unsigned, 3> index, const std::function<void()> &function) {
  block = index;
  body = &function;
  memset(memory(), 0xff, shared_bytes);
  come = 0;
  for (warp_meeting &warp : warps) warp.come = 0;
  for (size_t i = 0; i < fibers.size(); i++) {
    fiber &f = fibers[i];
    f.has_begun = f.is_done = f.waits_for_warp = f.waits_for_block = false;
    f.copies.clear();
    f.group = 0;
  }
  machine *before = running;
  running = this;
  // A fiber that ends, or all that are stuck, come back here.
  _setjmp(home);
  int next = outcome == EMULATOR_DONE ? next_thread() : -1;
  if (next >= 0) resume(next);
  running = before;
  for (const fiber &f : fibers)
    if (!f.is_done && outcome == EMULATOR_DONE) outcome = EMULATOR_STUCK;
  return outcome;
}

void machine::entry() {
  (*running->body)();
  running->fibers[running->current].is_done = true;
  _longjmp(running->home, 1);
}

void machine::resume(int thread) {
  current = thread;
  fiber &f = fibers[thread];
  if (f.has_begun) _longjmp(f.place, 1);
  f.has_begun = true;
  getcontext(&f.context);
  f.context.uc_stack.ss_sp = stacks.data() + (size_t)thread * STACK_BYTES;
  f.context.uc_stack.ss_size = STACK_BYTES;
  f.context.uc_link = nullptr;
  makecontext(&f.context, entry, 0);
  setcontext(&f.context);
}

// Goes to another thread, until this one is called again.
void machine::yield() {
  if (_setjmp(fibers[current].place)) return;
  int next = next_thread();
  if (next < 0) _longjmp(home, 1);
  resume(next);
}

// The next thread of this warp that waits for nothing, else one of another warp; -1 if there is
// none.
int machine::next_thread() {
  int count = (int)fibers.size(), start = current / WARP * WARP;
  auto can_run = [&](int t) {
    return !fibers[t].is_done && !fibers[t].waits_for_warp && !fibers[t].waits_for_block;
  };
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
    fibers[current].waits_for_warp = true;
    yield();
    return shown;
  }
  warp.come = 0;
  warp.round ^= 1;
  for (int i = 0; i < WARP; i++) fibers[number * WARP + i].waits_for_warp = false;
  land_some();
  // Now and then another warp goes on first.
  if (below(4) == 0) {
    int other = (int)below((unsigned)warps.size()) * WARP;
    for (int i = 0; i < WARP; i++) {
      const fiber &f = fibers[other + i];
      if (f.is_done || f.waits_for_warp || f.waits_for_block) continue;
      if (other + i == current) break;
      if (!_setjmp(fibers[current].place)) resume(other + i);
      break;
    }
  }
  return shown;
}

void machine::meet_block() {
  if (++come < (int)fibers.size()) {
    fibers[current].waits_for_block = true;
    yield();
    return;
  }
  come = 0;
  for (fiber &f : fibers) f.waits_for_block = false;
  land_some();
  if (!_setjmp(fibers[current].place)) resume((int)below((unsigned)warps.size()) * WARP);
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
  pending_copy copy = {checked(to), {}, fibers[current].group};
  if (is_inside) memcpy(copy.bytes, from, sizeof copy.bytes);
  if (below(2)) land(copy);
  else fibers[current].copies.push_back(copy);
}

void machine::land(const pending_copy &copy) {
  memcpy(memory() + copy.to, copy.bytes, sizeof copy.bytes);
}

// Lets the copies of a random thread land.
void machine::land_some() {
  if (below(4)) return;
  fiber &f = fibers[below((unsigned)fibers.size())];
  for (const pending_copy &copy : f.copies) land(copy);
  f.copies.clear();
}

void machine::wait_for_groups(int left) {
  fiber &f = fibers[current];
  size_t count = 0;
  while (count < f.copies.size() && f.copies[count].group < f.group - left)
    land(f.copies[count++]);
  f.copies.erase(f.copies.begin(), f.copies.begin() + (ptrdiff_t)count);
}
