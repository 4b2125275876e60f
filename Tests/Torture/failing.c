// Lets one call on the files of one folder fail, which another process chooses.
//
// Preloaded (LD_PRELOAD) with FAILING_FOLDER and FAILING_CONTROL, a file of one `control` that both
// processes have mapped. A call counts where its file lies in the folder.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum call { call_open, call_write, call_fsync, call_rename, call_close, call_truncate, call_unlink, calls };

struct control {
  // Which call fails, the how many-th of it from now on, and with which errno; 0 is half a write.
  int32_t call, left, error;
  // Whether it has failed.
  int32_t failed;
  int64_t counts[calls];
};

static struct control *shared(void) {
  static struct control *found;
  if (!found) {
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    int (*shut)(int) = dlsym(RTLD_NEXT, "close");
    int file = real(getenv("FAILING_CONTROL"), O_RDWR | O_CLOEXEC);
    void *place = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (place == MAP_FAILED) abort();
    shut(file);
    found = place;
  }
  return found;
}

static int is_within(const char *path) {
  const char *folder = getenv("FAILING_FOLDER");
  return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_file_within(int file) {
  char name[64], path[4096];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  ssize_t count = readlink(name, path, sizeof path - 1);
  if (count < 0) return 0;
  path[count] = 0;
  return is_within(path);
}

// Whether this call is the one that fails.
static int fails(enum call call) {
  struct control *control = shared();
  __atomic_add_fetch(&control->counts[call], 1, __ATOMIC_RELAXED);
  if (control->call != (int)call) return 0;
  if (__atomic_sub_fetch(&control->left, 1, __ATOMIC_RELAXED) != 0) return 0;
  control->failed = 1;
  return 1;
}

#define OPEN(name)                                                                    \
  int name(const char *path, int flags, ...) {                                        \
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);                    \
    va_list rest;                                                                     \
    va_start(rest, flags);                                                            \
    int mode = va_arg(rest, int);                                                     \
    va_end(rest);                                                                     \
    if (is_within(path) && fails(call_open)) return errno = shared()->error, -1;      \
    return real(path, flags, mode);                                                   \
  }
OPEN(open)
OPEN(open64)

#define WRITE(name, parameters, ...)                                                  \
  ssize_t name parameters {                                                           \
    ssize_t(*real) parameters = dlsym(RTLD_NEXT, #name);                              \
    if (is_file_within(file) && fails(call_write)) {                                  \
      if (shared()->error) return errno = shared()->error, -1;                        \
      count = count > 1 ? count / 2 : count;                                          \
    }                                                                                 \
    return real(file, bytes, count __VA_OPT__(, ) __VA_ARGS__);                       \
  }
WRITE(write, (int file, const void *bytes, size_t count))
WRITE(pwrite, (int file, const void *bytes, size_t count, off64_t offset), offset)
WRITE(pwrite64, (int file, const void *bytes, size_t count, off64_t offset), offset)

#define ON_FILE(name, call)                                                           \
  int name(int file) {                                                                \
    int (*real)(int) = dlsym(RTLD_NEXT, #name);                                       \
    if (is_file_within(file) && fails(call)) return errno = shared()->error, -1;      \
    return real(file);                                                                \
  }
ON_FILE(fsync, call_fsync)
ON_FILE(fdatasync, call_fsync)

// A file is closed also where that tells of an error.
int close(int file) {
  int (*real)(int) = dlsym(RTLD_NEXT, "close");
  int counts = is_file_within(file);
  int result = real(file);
  if (counts && fails(call_close)) return errno = shared()->error, -1;
  return result;
}

#define TRUNCATE(name)                                                                \
  int name(int file, off64_t size) {                                                  \
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, #name);                              \
    if (is_file_within(file) && fails(call_truncate)) return errno = shared()->error, -1; \
    return real(file, size);                                                          \
  }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

int unlink(const char *path) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  if (is_within(path) && fails(call_unlink)) return errno = shared()->error, -1;
  return real(path);
}

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  if (is_within(to) && fails(call_rename)) return errno = shared()->error, -1;
  return real(from, to);
}
