#define _GNU_SOURCE
#include "CMockDriver.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mock mock = {.cards = 2, .version = 12090};

void mock_reset(uint64_t seed, mock_launcher launcher, mock_argument_bytes bytes) {
  mock_free_everything();
  memset(&mock, 0, sizeof mock);
  mock.cards = 2;
  mock.version = 12090;
  mock.free_bytes = (size_t)1 << 30;
  mock.random = seed * 0x9e3779b97f4a7c15u + 1;
  mock.launcher = launcher;
  mock.argument_bytes = bytes;
  mock.fail_at = mock.end_at = mock.hang_at = mock.stop_at = -1;
}

void mock_fail(const char *symbol, long n, int code) {
  mock.fail_symbol = symbol;
  mock.fail_at = n;
  mock.fail_code = code;
}

void mock_pace(mock_pacer pacer) { mock.pacer = pacer; }

void mock_plan(const char *words) {
  char copy[1024], *rest = copy;
  snprintf(copy, sizeof copy, "%s", words);
  for (char *word; (word = strsep(&rest, " \n"));) {
    char *value = strchr(word, '='), *code = value ? strchr(value, ':') : NULL;
    if (!value) continue;
    *value++ = 0;
    long n = atol(value);
    if (!strcmp(word, "fail") && code) mock_fail(NULL, n, atoi(code + 1));
    if (!strcmp(word, "end")) mock_end_process(n);
    if (!strcmp(word, "hang")) mock_hang(n);
    if (!strcmp(word, "stop")) mock_stop(n);
    if (!strcmp(word, "free")) mock_memory((size_t)n);
    if (!strcmp(word, "cards")) mock_cards((int)n);
  }
}

void mock_plan_file(const char *path) {
  snprintf(mock.plan_file, sizeof mock.plan_file, "%s", path);
}

void mock_follow_plan(void) {
  char words[1024];
  FILE *file = *mock.plan_file ? fopen(mock.plan_file, "r") : NULL;
  if (!file) return;
  words[fread(words, 1, sizeof words - 1, file)] = 0;
  fclose(file);
  // Of several processes the one that removes it.
  if (strstr(words, "once") && unlink(mock.plan_file)) return;
  mock_plan(words);
}

void mock_end_process(long n) { mock.end_at = n; }
void mock_hang(long n) { mock.hang_at = n; }
void mock_stop(long n) { mock.stop_at = n; }
void mock_cards(int count) { mock.cards = count; }
void mock_version(int version) { mock.version = version; }
void mock_memory(size_t free_bytes) { mock.free_bytes = free_bytes; }
void mock_attribute(int attribute, int value) {
  mock.changed_attribute = attribute;
  mock.changed_value = value;
}

long mock_calls(void) { return mock.calls; }
const char *mock_call(long n) {
  return n >= 0 && n < mock.calls && n < MOCK_CALLS ? mock.names[n] : NULL;
}
long mock_launches(void) { return mock.launches; }
long mock_held_handles(void) { return mock.handles; }

size_t mock_held_bytes(void) {
  size_t bytes = 0;
  for (int i = 0; i < MOCK_BLOCKS; i++) bytes += mock.blocks[i].bytes;
  return bytes;
}

uint64_t mock_random(void) {
  // Source: Marsaglia 2003, xorshift.
  mock.random ^= mock.random << 13;
  mock.random ^= mock.random >> 7;
  mock.random ^= mock.random << 17;
  return mock.random;
}

/// Whether only the end of the process leaves an error of this code.
static bool stays(int code) {
  return code == 214 || code == 220 || code == 226 || (code >= 700 && code < 800) || code == 999;
}

int mock_begin(const char *symbol) {
  if (mock.calls < MOCK_CALLS) mock.names[mock.calls] = symbol;
  mock.calls++;
  if (mock.hang_at >= 0 && mock.hang_at-- == 0) mock.hangs = true;
  if (mock.stop_at >= 0 && mock.stop_at-- == 0)
    for (;;) pause();
  if (mock.end_at == 0) _exit(9);
  if (mock.end_at > 0) mock.end_at--;
  if (mock.fail_at >= 0 && (!mock.fail_symbol || !strcmp(mock.fail_symbol, symbol))) {
    if (mock.fail_at-- == 0) {
      if (stays(mock.fail_code)) mock.broken = mock.fail_code;
      return mock.fail_code;
    }
  }
  return mock.broken;
}

static const struct {
  int code;
  const char *name;
} errors[] = {
    {1, "CUDA_ERROR_INVALID_VALUE"},      {2, "CUDA_ERROR_OUT_OF_MEMORY"},
    {3, "CUDA_ERROR_NOT_INITIALIZED"},    {34, "CUDA_ERROR_STUB_LIBRARY"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE"}, {100, "CUDA_ERROR_NO_DEVICE"},
    {200, "CUDA_ERROR_INVALID_IMAGE"},    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE"}, {220, "CUDA_ERROR_NVLINK_UNCORRECTABLE"},
    {500, "CUDA_ERROR_NOT_FOUND"},        {600, "CUDA_ERROR_NOT_READY"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS"},  {702, "CUDA_ERROR_LAUNCH_TIMEOUT"},
    {719, "CUDA_ERROR_LAUNCH_FAILED"},    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"},
    {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"}, {999, "CUDA_ERROR_UNKNOWN"},
};

int mocked_error_name(driver_result code, const char **name) {
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (errors[i].code == code) {
      *name = errors[i].name;
      return 0;
    }
  return 1;
}
