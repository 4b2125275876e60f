// A wall clock that is set from outside, as a library that is loaded before a program's own
// (LD_PRELOAD); the steady clocks go on. libfaketime would do, but moves the environment, behind which
// Swift looks for a program's arguments.
//
// The file that WALL_CLOCK names holds three numbers of 8 bytes: seconds to add, a rate, and the
// second of the true clock from which the rate holds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile double *settings(void) {
  static const volatile double *found;
  if (!found) {
    const char *path = getenv("WALL_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;
    void *page = mmap(0, 24, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) abort();
    close(file);
    found = page;
  }
  return found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  long status = syscall(SYS_clock_gettime, clock, now);
  if (status || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return status;
  const volatile double *set = settings();
  double true_time = now->tv_sec + now->tv_nsec * 1e-9;
  double added = set[0] + (set[1] - 1) * (true_time - set[2]);
  long long nanoseconds = now->tv_nsec + (long long)(added * 1e9);
  now->tv_sec += nanoseconds / 1000000000;
  now->tv_nsec = nanoseconds % 1000000000;
  if (now->tv_nsec < 0) {
    now->tv_nsec += 1000000000;
    now->tv_sec--;
  }
  return 0;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec found;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &found);
  now->tv_sec = found.tv_sec;
  now->tv_usec = found.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *copy) {
  struct timespec found;
  clock_gettime(CLOCK_REALTIME, &found);
  if (copy) *copy = found.tv_sec;
  return found.tv_sec;
}
