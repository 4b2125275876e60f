/* What the thread sanitizer cannot see of the order that Swift keeps, told to it: bin/sanitize
 * preloads this.
 *
 * The standard library was built without the sanitizer. What its functions order between threads
 * looks unordered wherever two threads meet there:
 *
 * - Mutex: taking a free one and giving back one that nobody waits for is compiled into whoever does
 *   it, and seen. The other two ways are functions of the library.
 *   Source: swift/stdlib/public/Synchronization/Mutex/LinuxImpl.swift.
 * - Copy on write: a value is changed in place once all others have released their reference. The
 *   release and the question whether a reference is the only one are functions of the library.
 *   Source: swift/stdlib/public/SwiftShims/swift/shims/RefCount.h.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

/* Absent from programs without the sanitizer. */
__attribute__((weak)) void __tsan_acquire(void *);
__attribute__((weak)) void __tsan_release(void *);

static void acquire(void *address) {
  if (__tsan_acquire && address) __tsan_acquire(address);
}

static void release(void *address) {
  if (__tsan_release && address) __tsan_release(address);
}

/* The library's own function of that name, looked up once. */
#define NEXT(type, name)                                        \
  static type next;                                             \
  type found = __atomic_load_n(&next, __ATOMIC_RELAXED);        \
  if (!found) {                                                 \
    found = (type)dlsym(RTLD_NEXT, name);                       \
    __atomic_store_n(&next, found, __ATOMIC_RELAXED);           \
  }

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*Lock)(uint32_t, SELF);
typedef SWIFT void (*Unlock)(SELF);

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF) {
  NEXT(Lock, LOCK)
  found(thread, self);
  acquire(self);
}

SWIFT void unlock_slow(SELF) {
  NEXT(Unlock, UNLOCK)
  release(self);
  found(self);
}

typedef void (*Release)(void *);
typedef bool (*IsUnique)(const void *);

void swift_release(void *object) {
  NEXT(Release, "swift_release")
  release(object);
  found(object);
}

/* Of a string. One with the highest bit has no object: a short one's characters are in its place. The
 * other bits outside the address tell its kind. */
void swift_bridgeObjectRelease(void *object) {
  NEXT(Release, "swift_bridgeObjectRelease")
  if ((intptr_t)object >= 0) release((void *)((uintptr_t)object & 0x00fffffffffffff8));
  found(object);
}

bool swift_isUniquelyReferenced_nonNull_native(const void *object) {
  NEXT(IsUnique, "swift_isUniquelyReferenced_nonNull_native")
  bool unique = found(object);
  if (unique) acquire((void *)object);
  return unique;
}
