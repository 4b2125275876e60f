/// The kernels of CKernels on a card, against float64, and how long they take.
///
/// A card is whatever runs them: the driver, or in tests the emulator.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What the checks need of a card. Functions that return an int return 0 when all went well.
struct check_card {
  void *context;
  /// Memory of a card; 0 if there is none left.
  uint64_t (*allocate)(void *context, size_t bytes);
  void (*release)(void *context, uint64_t address);
  int (*upload)(void *context, uint64_t to, const void *from, size_t bytes);
  /// Waits for all launches first.
  int (*download)(void *context, void *to, uint64_t from, size_t bytes);
  /// A launch with the threads and the shared memory that the kernel's row says.
  int (*launch)(void *context, const char *kernel, unsigned x, unsigned y, unsigned z,
                const void *arguments);
  /// Two events on the stream of launches; the second waits, and gives the milliseconds between.
  void (*begin_time)(void *context);
  double (*end_time)(void *context);
};

/// Told of each line of the table, and whether what it says is as it should be.
typedef void (*check_line)(void *context, const char *text, int is_right);

/// Each kernel against float64, with fresh random input and outputs that hold no numbers: odd sizes
/// up to `most_tokens`. Returns the number of failures.
int check_numbers(const struct check_card *card, unsigned most_tokens, check_line line,
                  void *context);

/// Bytes of a view alone, among others and in cut launches. Returns the number of differences.
int check_bytes(const struct check_card *card, check_line line, void *context);

/// Medians of 20 launches at the shapes of ViT-S: one view of 16,130 tokens, 17 of 1,370.
void check_times(const struct check_card *card, check_line line, void *context);

/// The emulator as a card.
const struct check_card *check_emulated_card(void);

#ifdef __cplusplus
}
#endif
