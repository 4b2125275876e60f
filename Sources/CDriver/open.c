// Source of the list: where NVIDIA's container runtimes, Debian, NixOS and WSL put the library.
#define _GNU_SOURCE
#include "CDriver.h"

#include <dlfcn.h>

static const char *const places[] = {
    "libcuda.so.1",
    "/usr/local/nvidia/lib64/libcuda.so.1",
    "/usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.1",
    "/run/opengl-driver/lib/libcuda.so.1",
    "/usr/lib/wsl/lib/libcuda.so.1",
};

static const struct {
  const char *symbol;
  size_t offset;
} functions[] = {
#define FUNCTION(member, symbol, parameters) {symbol, offsetof(struct driver_table, member)},
    DRIVER_FUNCTIONS(FUNCTION)
#undef FUNCTION
};

/// The first symbol that the library lacks; NULL once `table` is full.
static const char *fill(void *library, struct driver_table *table) {
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *found = dlsym(library, functions[i].symbol);
    if (!found) return functions[i].symbol;
    *(void **)((char *)table + functions[i].offset) = found;
  }
  return NULL;
}

static bool try_place(const char *place, struct driver_table *table, driver_note note,
                      void *context) {
  // Local, so that nothing else in the process can take its symbols for its own.
  void *library = dlopen(place, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    note(context, place, DRIVER_NOT_LOADED, reason ? reason : "it cannot be loaded");
    return false;
  }
  const char *lacking = fill(library, table);
  if (lacking) {
    note(context, place, DRIVER_LACKS_SYMBOL, lacking);
    dlclose(library);
    return false;
  }
  Dl_info file;
  bool is_known = dladdr(*(void **)table, &file) != 0 && file.dli_fname;
  note(context, place, DRIVER_OPENED, is_known ? file.dli_fname : place);
  return true;
}

bool driver_open(const char *first, struct driver_table *table, driver_note note, void *context) {
  if (first && *first) return try_place(first, table, note, context);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (try_place(places[i], table, note, context)) return true;
  return false;
}
