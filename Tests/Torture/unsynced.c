// Records what a program writes to the files of one folder and when it waits for the disk, so that a
// loss of power can be played later: what was written after the last wait may be missing.
//
// Preloaded (LD_PRELOAD) with UNSYNCED_FOLDER and UNSYNCED_LOG. A record is, in host order, one
// byte of kind, the path's length and the path, an offset, a length and as many bytes. Kinds: w
// write, s sync, t truncate, u unlink.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { most_files = 1024, most_path = 512 };

static char paths[most_files][most_path];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -2;

static int is_watched(const char *path) {
  const char *folder = getenv("UNSYNCED_FOLDER");
  return folder && path && strncmp(path, folder, strlen(folder)) == 0 && strlen(path) < most_path;
}

static void record(
    char kind, const char *path, int64_t offset, const void *bytes, int64_t count) {
  int64_t length = strlen(path);
  struct iovec parts[] = {
    {&kind, 1}, {&length, 8}, {(void *)path, length}, {&offset, 8}, {&count, 8},
    {(void *)bytes, bytes ? count : 0}};
  if (!bytes) count = 0;
  if (log_file == -2) {
    int (*open_)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    log_file = open_(getenv("UNSYNCED_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  if (writev(log_file, parts, 6) < 0) abort();
}

static int opened(int file, const char *path) {
  if (file >= 0 && file < most_files) {
    paths[file][0] = 0;
    if (is_watched(path)) strcpy(paths[file], path);
  }
  return file;
}

static const char *watched(int file) {
  return file >= 0 && file < most_files && paths[file][0] ? paths[file] : NULL;
}

#define OPEN(name)                                          \
  int name(const char *path, int flags, ...) {              \
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
    va_list rest;                                           \
    va_start(rest, flags);                                  \
    int mode = va_arg(rest, int);                           \
    va_end(rest);                                           \
    return opened(real(path, flags, mode), path);           \
  }
OPEN(open)
OPEN(open64)

int close(int file) {
  int (*real)(int) = dlsym(RTLD_NEXT, "close");
  if (file >= 0 && file < most_files) paths[file][0] = 0;
  return real(file);
}

// The record comes before the call and after it returns nothing else can: both are under the lock.
#define PWRITE(name)                                                                \
  ssize_t name(int file, const void *bytes, size_t count, off64_t offset) {         \
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, #name);  \
    const char *path = watched(file);                                               \
    if (!path) return real(file, bytes, count, offset);                             \
    pthread_mutex_lock(&lock);                                                      \
    ssize_t written = real(file, bytes, count, offset);                             \
    if (written > 0) record('w', path, offset, bytes, written);                     \
    pthread_mutex_unlock(&lock);                                                    \
    return written;                                                                 \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int file, const void *bytes, size_t count) {
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  const char *path = watched(file);
  if (!path) return real(file, bytes, count);
  pthread_mutex_lock(&lock);
  off64_t offset = lseek64(file, 0, SEEK_CUR);
  ssize_t written = real(file, bytes, count);
  if (written > 0) record('w', path, offset, bytes, written);
  pthread_mutex_unlock(&lock);
  return written;
}

#define SYNC(name)                                         \
  int name(int file) {                                     \
    int (*real)(int) = dlsym(RTLD_NEXT, #name);            \
    const char *path = watched(file);                      \
    if (!path) return real(file);                          \
    pthread_mutex_lock(&lock);                             \
    record('s', path, 0, NULL, 0);                         \
    pthread_mutex_unlock(&lock);                           \
    return 0;                                              \
  }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name)                                                \
  int name(int file, off64_t size) {                                  \
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, #name);              \
    const char *path = watched(file);                                 \
    pthread_mutex_lock(&lock);                                        \
    int result = real(file, size);                                    \
    if (path && result == 0) record('t', path, size, NULL, 0);        \
    pthread_mutex_unlock(&lock);                                      \
    return result;                                                    \
  }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

int unlink(const char *path) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  if (!is_watched(path)) return real(path);
  pthread_mutex_lock(&lock);
  record('u', path, 0, NULL, 0);
  int result = real(path);
  pthread_mutex_unlock(&lock);
  return result;
}
