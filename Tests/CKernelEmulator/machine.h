// One block of threads, its shared memory, and the copies on their way to it.
#pragma once

#include <stdint.h>

#include <array>
#include <cstddef>
#include <functional>
#include <random>
#include <vector>

#include "emulator.h"
#include "fiber.h"

enum { WARP = 32 };

// A copy of 16 bytes that has not landed.
struct pending_copy {
  uint32_t to;
  unsigned char bytes[16];
  int group;
};

// A thread of a block, and what it waits for.
struct card_thread {
  fiber place;
  bool is_done, waits_for_warp, waits_for_block;
  std::vector<pending_copy> copies;
  int group;
};

// What a lane shows to its warp.
struct lane_words {
  uint32_t words[6];
};

class machine {
 public:
  machine(unsigned threads, unsigned shared, uint64_t seed);
  ~machine();

  // Runs a block; what went wrong, or EMULATOR_DONE.
  int run(std::array<unsigned, 3> block, const std::function<void()> &body);

  // Of the thread that runs.
  int thread() const { return current; }
  int block_index(size_t axis) const { return (int)block[axis]; }
  unsigned char *memory() { return shared.data() + offset; }
  void meet_block();
  // Shows words to the warp; what all lanes of the warp show, until the next time.
  const lane_words *meet_warp(const lane_words &mine);
  void begin_copy(uint32_t to, const void *from, bool is_inside);
  void end_group() { threads[current].group++; }
  void wait_for_groups(int left);
  // Checks an address of 16 bytes in shared memory; 0 if it is none, remembered.
  uint32_t checked(uint32_t address);
  // Checks that eight rows of 16 bytes can be read at once.
  void check_banks(const lane_words *rows);

 private:
  static void entry();
  // Goes to another thread, or home if there is none, until this one is gone to.
  void leave_for(int thread);
  bool can_run(int thread) const;
  int next_thread();
  void land(const pending_copy &copy);
  void land_some();
  unsigned below(unsigned count) { return (unsigned)(random() % count); }

  std::vector<card_thread> threads;
  std::vector<char> stacks;
  std::vector<unsigned char> shared;
  size_t offset = 0;
  unsigned shared_bytes;
  std::mt19937_64 random;
  const std::function<void()> *body = nullptr;
  std::array<unsigned, 3> block = {};
  int current = 0, outcome = EMULATOR_DONE;
  // Where the block was started.
  fiber home;
  // Lanes that have come to their warp's meeting, its parity, and what they show.
  struct warp_meeting {
    int come = 0, round = 0;
    lane_words shown[2][WARP];
  };
  std::vector<warp_meeting> warps;
  int come = 0;
};

// The block that the CPU's thread is at.
extern thread_local machine *running;
extern thread_local enum emulator_fault planted;
