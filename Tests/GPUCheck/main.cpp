// The checks of kernels on the first card, or the one whose number is given, up to 16,130 tokens or
// a number given after it: prints a table, and ends with 1 if a line of it is wrong, with 2 if the
// driver fails.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "CDriver.h"
#include "archive.h"
#include "check.h"
#include "kernels.h"

namespace {

enum { MAX_DYNAMIC_SHARED = 8, COMPUTE_MAJOR = 75, COMPUTE_MINOR = 76, USUAL_SHARED = 49152,
  ALL_TOKENS = 16130 };

struct card {
  driver_table driver;
  driver_handle module, stream, begin, end;
  std::map<std::string, driver_handle> functions;

  // Ends the program where the driver fails: nothing later could be believed.
  int need(driver_result result, const char *what) {
    if (result == 0) return 0;
    const char *name = "?";
    driver.error_name(result, &name);
    printf("%s: error %d, %s\n", what, result, name);
    exit(2);
  }

  driver_handle function(const char *name) {
    driver_handle &handle = functions[name];
    if (handle) return handle;
    need(driver.function(&handle, module, name), name);
    if (kernel_named(name)->shared > USUAL_SHARED)
      need(driver.set_function(handle, MAX_DYNAMIC_SHARED, (int)kernel_named(name)->shared), name);
    return handle;
  }
};

card *of(void *context) { return (card *)context; }

const check_card checks(card *made) {
  return {
      made,
      [](void *context, size_t bytes) {
        driver_address address = 0;
        of(context)->need(of(context)->driver.allocate(&address, bytes), "memory");
        return (uint64_t)address;
      },
      [](void *context, uint64_t address) {
        of(context)->need(of(context)->driver.free_memory(address), "memory");
      },
      [](void *context, uint64_t to, const void *from, size_t bytes) {
        of(context)->need(of(context)->driver.upload(to, from, bytes, of(context)->stream),
                          "upload");
        return of(context)->need(of(context)->driver.synchronise(of(context)->stream), "upload");
      },
      [](void *context, void *to, uint64_t from, size_t bytes) {
        of(context)->need(of(context)->driver.download(to, from, bytes, of(context)->stream),
                          "download");
        return of(context)->need(of(context)->driver.synchronise(of(context)->stream), "download");
      },
      [](void *context, const char *name, unsigned x, unsigned y, unsigned z,
         const void *arguments) {
        const kernel *kernel = kernel_named(name);
        void *parameters[] = {(void *)arguments};
        return of(context)->need(
            of(context)->driver.launch(of(context)->function(name), x, y, z, kernel->block, 1, 1,
                                       kernel->shared, of(context)->stream, parameters, nullptr),
            name);
      },
      [](void *context) {
        of(context)->need(of(context)->driver.record_event(of(context)->begin, of(context)->stream),
                          "event");
      },
      [](void *context) {
        float milliseconds = 0;
        auto *c = of(context);
        c->need(c->driver.record_event(c->end, c->stream), "event");
        c->need(c->driver.synchronise(c->stream), "event");
        c->need(c->driver.event_milliseconds(&milliseconds, c->begin, c->end), "event");
        return (double)milliseconds;
      },
  };
}

void say_place(void *, const char *place, driver_outcome outcome, const char *detail) {
  printf("%s: %s %s\n", place, outcome == DRIVER_OPENED ? "opened" : "not opened", detail);
}

void say_line(void *, const char *text, int is_right) {
  printf("%s %s\n", is_right ? "ok   " : "WRONG", text);
  fflush(stdout);
}

}  // namespace

int main(int count, char **arguments) {
  card card;
  if (!driver_open("", &card.driver, say_place, nullptr)) return 2;
  driver_table &driver = card.driver;
  int version = 0, cards = 0, major = 0, minor = 0;
  driver_device device;
  driver_handle context;
  char name[200] = "";
  card.need(driver.initialise(0), "cuInit");
  card.need(driver.version(&version), "version");
  card.need(driver.device_count(&cards), "cards");
  card.need(driver.device(&device, count > 1 ? atoi(arguments[1]) : 0), "card");
  card.need(driver.device_name(name, sizeof name, device), "card");
  card.need(driver.device_attribute(&major, COMPUTE_MAJOR, device), "card");
  card.need(driver.device_attribute(&minor, COMPUTE_MINOR, device), "card");
  printf("driver %d, %d cards; %s, compute capability %d.%d\n", version, cards, name, major, minor);
  card.need(driver.retain_context(&context, device), "context");
  card.need(driver.set_context(context), "context");
  card.need(driver.create_stream(&card.stream, 1), "stream");
  card.need(driver.create_event(&card.begin, 0), "event");
  card.need(driver.create_event(&card.end, 0), "event");

  // Every image of this card's major number, and PTX, must load; the checks are of the best.
  kernel_image image, best;
  if (!kernel_image_for(major, minor, &best)) return printf("no kernels for this card\n"), 2;
  for (int i = 0; kernel_image_at(i, &image); i++) {
    std::vector<char> bytes(image.size + 1);
    driver_handle module;
    if (!kernel_image_inflate(&image, bytes.data())) return printf("a damaged archive\n"), 2;
    int result = driver.load_module(&module, bytes.data());
    bool is_best = std::string(image.architecture) == best.architecture;
    printf("%s: %s\n", image.architecture, result ? "does not load" : "loads");
    if (is_best) card.need(result, image.architecture), card.module = module;
    else if (result == 0) driver.unload_module(module);
  }
  for (int i = 0; kernel_at(i); i++) card.function(kernel_at(i)->name);

  const check_card checked = checks(&card);
  const unsigned most_tokens = count > 2 ? (unsigned)atoi(arguments[2]) : ALL_TOKENS;
  int failures = check_numbers(&checked, most_tokens, say_line, nullptr);
  failures += check_bytes(&checked, say_line, nullptr);
  if (most_tokens >= ALL_TOKENS) check_times(&checked, say_line, nullptr);
  printf("%d failures\n", failures);
  return failures > 0;
}
